use std::slice::{from_raw_parts, from_raw_parts_mut};

/// # Safety
/// `partners` has 10 n numbers below n, `remaining` n and `curve` steps.
#[no_mangle]
pub unsafe extern "C" fn run(
    n: i64, steps: i64, p: f64, q: f64, partners: *const i32, remaining: *mut f64, curve: *mut i64,
) {
    let (n, steps) = (n as usize, steps as usize);
    let partners = from_raw_parts(partners, 10 * n);
    let remaining = from_raw_parts_mut(remaining, n);
    let curve = from_raw_parts_mut(curve, steps);
    let mut hazard = vec![p; n];
    let mut waiting: Vec<i32> = (0..n as i32).collect();
    let mut newly: Vec<i32> = Vec::with_capacity(n);
    for count in curve.iter_mut() {
        let mut kept = 0;
        newly.clear();
        for w in 0..waiting.len() {
            let i = waiting[w];
            remaining[i as usize] -= hazard[i as usize];
            if remaining[i as usize] > 0.0 {
                waiting[kept] = i;
                kept += 1;
            } else {
                newly.push(i);
            }
        }
        waiting.truncate(kept);
        for &i in &newly {
            for &j in &partners[10 * i as usize..10 * i as usize + 10] {
                hazard[j as usize] += q;
            }
        }
        *count = (n - kept) as i64;
    }
}
