"""What a user is told about a scenario that cannot be used: file, line, key, found, expected, suggestion."""

import pickle
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulation.data.reader import dataset_folder
from simulation.errors import DataError, ScenarioError
from simulation.scenario.loading import load_scenario

PLATFORM = '[[platforms]]\nname = "p"\nvectors = ["B2B"]\n'
TRAINING = '[[policies]]\ninstrument = "training"\nbudget = 1.0\n'


def problems_of(path, *overrides):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path, overrides=overrides)
    return caught.value.problems


@pytest.fixture
def write(tmp_path):
    """Write a file and give its path."""

    def write(text, name="ports.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # wrong types
        ('[diffusion]\nspatial = "high"', 'line 2  diffusion.spatial = "high": must be a number'),
        ("[diffusion]\nspatial = true", "line 2  diffusion.spatial = true: must be a number"),
        ("[time]\nsteps_per_year = 12.5", "line 2  time.steps_per_year = 12.5: must be a whole number"),
        ("title = 5", "line 1  title = 5: must be a text in quotes"),
        ("[diffusion]\nspatial = 1979-05-27", "line 2  diffusion.spatial = 1979-05-27: must be a number"),
        ("diffusion = 3", "line 1  diffusion = 3: must be a table"),
        ("platforms = 3", "line 1  platforms = 3: must be a list"),
        ("policies = [1]", "line 1  policies[0] = 1: must be a table"),
        (
            '[world]\ncapacity = "big"',
            'line 2  world.capacity = "big": must be a number or a table of numbers',
        ),
        (
            f'{TRAINING}regions = "komi"',
            'line 4  policies[0].regions = "komi": must be "all" or a list of names',
        ),
        (f"{TRAINING}regions = 3", 'line 4  policies[0].regions = 3: must be "all" or a list of names'),
        (f"{TRAINING}regions = [3]", "line 4  policies[0].regions[0] = 3: must be a text in quotes"),
        # unknown keys
        ("polices = []", 'line 1  polices: unknown key; did you mean "policies"?'),
        ("[difusion]\nspatial = 1", 'line 1  difusion: unknown key; did you mean "diffusion"?'),
        (
            "diffusion.half_distance = 3",
            'line 1  diffusion.half_distance: unknown key; did you mean "half_distance_km"?',
        ),
        (f"{TRAINING}region = []", 'line 4  policies[0].region: unknown key; did you mean "regions"?'),
        (f"{PLATFORM}vector = []", 'line 4  platforms[0].vector: unknown key; did you mean "vectors"?'),
        ("[costs]\ntrainning = 1", 'line 2  costs.trainning: unknown key; did you mean "training"?'),
        # numbers out of bounds
        ("[diffusion]\nspatial = -0.9", "line 2  diffusion.spatial = -0.9: must be 0 or more"),
        ("[diffusion]\nspatial = nan", "line 2  diffusion.spatial = nan: must be a finite number"),
        ("[diffusion]\nspatial = inf", "line 2  diffusion.spatial = inf: must be a finite number"),
        (
            "[diffusion]\nhalf_distance_km = 0",
            "line 2  diffusion.half_distance_km = 0: must be 1e-09 or more",
        ),
        (
            "[diffusion]\nhalf_distance_km = 1e-300",
            "line 2  diffusion.half_distance_km = 1e-300: must be 1e-09 or more",
        ),
        (
            "[technologies]\nper_year = 1e-300",
            "line 2  technologies.per_year = 1e-300: must be 1e-09 or more",
        ),
        ("[costs]\ntraining = 5e-324", "line 2  costs.training = 5e-324: must be 1e-09 or more"),
        (
            "[membership]\nrate = 13",
            "line 2  membership.rate = 13: must be 12 or less, time.steps_per_year: "
            "membership is decided at most once per step",
        ),
        (
            "[time]\nyears = 1000\nsteps_per_year = 366",
            "line 1  time: years 1000 times steps_per_year 366 is 366,000 steps; must be 40,000 or less",
        ),
        (
            "platforms = [" + ", ".join(f'{{ name = "p{n}", vectors = ["B2B"] }}' for n in range(65)) + "]",
            "line 1  platforms: must have at most 64 elements",
        ),
        (
            '[[institutions]]\nname = ""\nregion = "perm"\nkind = "finance"',
            'line 2  institutions[0].name = "": must not be empty',
        ),
        (f"[diffusion]\nspatial = {'9' * 5000}", "not TOML: a number has too many digits"),
        (f'extends = "{"a" * 300}.toml"', f'line 1  extends = "{"a" * 56}...: no such file'),
        (
            f'[world]\ndataset = "{"a" * 300}"',
            f'line 2  world.dataset = "{"a" * 56}...: not a dataset or folder; the shipped datasets are "',
        ),
        ("[world]\nlocal_ties = 1.1", "line 2  world.local_ties = 1.1: must be 1 or less"),
        ("[world]\nnetwork_degree = 7", "line 2  world.network_degree = 7: must be a multiple of 2"),
        ("[world]\ndigital_readiness = 1.5", "line 2  world.digital_readiness = 1.5: must be 1 or less"),
        ("[costs]\ntraining = 0", "line 2  costs.training = 0: must be 1e-09 or more"),
        (f"{TRAINING}\nfrom_year = -1", "line 5  policies[0].from_year = -1: must be 0 or more"),
        (TRAINING.replace("1.0", "-5"), "line 3  policies[0].budget = -5: must be 0 or more"),
        ("[time]\nyears = 0.01", "line 1  time: years 0.01 must last at least one step of 1/12 year"),
        # words
        (
            '[diffusion]\ncontacts = "add"',
            'contacts = "add": must be "added" or "substituted"; did you mean "added"?',
        ),
        (
            'name = "My scenario"',
            'line 1  name = "My scenario": must be 1 to 64 lower-case letters, digits, - or _',
        ),
        (
            '[[policies]]\ninstrument = "cluster_organization"\nbudget = 1',
            '"cluster_organization": not an instrument; did you mean "cluster_organisation"?',
        ),
        (
            "[[policies]]\nbudget = 1",
            'line 1  policies[0].instrument: missing; expected one of "adoption_incentive", ',
        ),
        (
            '[[policies]]\ninstrument = "training"',
            "line 1  policies[0]: must have exactly one of budget, coverage and share; has none of them",
        ),
        (
            '[[policies]]\ninstrument = "platform_operation"\nbudget = 1',
            "line 1  policies[0].platform: missing; it has no default",
        ),
        (
            '[[platforms]]\nname = "p"',
            "line 1  platforms[0].vectors: missing; it has no default; expected: Interaction vectors, such as",
        ),
        # unknown names
        (
            f'{TRAINING}regions = ["komi", "Tatarstn"]',
            'regions[1] = "Tatarstn": not a region; did you mean "tatarstan"?',
        ),
        ("[world]\ndigital_readiness = { kommi = 1 }", 'kommi = 1: not a region; did you mean "komi"?'),
        (
            "[world.government_quality]\nkommi = 1",
            "line 2  world.government_quality.kommi = 1: not a region; did you",
        ),
        (
            '[world.capacity]\n"Kazan University" = 1',
            'line 2  world.capacity."Kazan University" = 1: not an institution',
        ),
        (
            '[world.capacity]\n"Oil and gas cluster" = 1',
            "have an institution of this name; write "
            '"komi: Oil and gas cluster" or "tyumen_khanty_yamal: Oil and gas cluster"',
        ),
        (
            f'{PLATFORM}regions = ["nowhere"]',
            'line 4  platforms[0].regions[0] = "nowhere": not a region; accepted values: "',
        ),
        (f'{PLATFORM}macroregions = ["volga"]', '"volga": not a macroregion; did you mean "Volga"?'),
        (f'{PLATFORM}industries = ["oil"]', 'line 4  platforms[0].industries[0] = "oil": not an industry'),
        (
            f'{PLATFORM}institutions = ["x"]',
            'line 4  platforms[0].institutions[0] = "x": not an institution; accepted values:',
        ),
        (
            PLATFORM.replace("B2B", "B2X"),
            'line 3  platforms[0].vectors[0] = "B2X": not an interaction vector; did you',
        ),
        (
            f'{PLATFORM}[[policies]]\ninstrument = "platform_operation"\nplatform = "q"\nbudget = 1',
            'line 6  policies[0].platform = "q": not a platform of this scenario; accepted values: "p"',
        ),
        (
            '[[policies]]\ninstrument = "platform_operation"\nplatform = "q"\nbudget = 1',
            'line 3  policies[0].platform = "q": not a platform of this scenario, which has none',
        ),
        (
            f'{PLATFORM}[[policies]]\ninstrument = "interoperability"\nplatforms = ["p", "q"]\nbudget = 1',
            'line 6  policies[0].platforms[1] = "q": not a platform of this scenario',
        ),
        (
            f'{PLATFORM}[[policies]]\ninstrument = "remote_residency"\nplatform = "p"\nbudget=1\ninstitutions = ["x"]',
            'line 8  policies[0].institutions[0] = "x": not an institution',
        ),
        (
            '[[institutions]]\nname = "Bank"\nregion = "komi"\nkind = "bank"',
            'line 4  institutions[0].kind = "bank": not a',
        ),
        (
            "[technologies.origin_weights]\noil = {}",
            "line 2  technologies.origin_weights.oil = {}: not a direction",
        ),
        (
            "[technologies.origin_weights.hydrocarbon_mining]\nkazan = 0.5",
            "line 2  technologies.origin_weights.hydrocarbon_mining.kazan = 0.5: not a region",
        ),
        (
            '[world]\ndataset = "russia-2032"',
            'line 2  world.dataset = "russia-2032": not a dataset or folder; did you',
        ),
        (
            '[world]\ndataset = ""',
            'line 2  world.dataset = "": not a dataset or folder; the shipped datasets are "',
        ),
        # values that do not fit together
        (
            f"{TRAINING}from_year = 3\nto_year = 2",
            "line 1  policies[0]: to_year 2 must be later than from_year 3",
        ),
        (
            f"{PLATFORM}from_year = 3\nto_year = 3",
            "line 1  platforms[0]: to_year 3 must be later than from_year 3",
        ),
        (PLATFORM + PLATFORM, 'line 5  platforms[1].name = "p": another platform has this name'),
        (
            '[[institutions]]\nname = "Kazan Federal University"\nregion = "tatarstan"\nkind = "university"',
            'line 2  institutions[0].name = "Kazan Federal University": the region has an institution of',
        ),
        (
            f'{PLATFORM}[[policies]]\ninstrument = "interoperability"\nplatforms = ["p", "p"]\nbudget = 1',
            'platforms = ["p", "p"]: must name each only once; "p" occurs twice',
        ),
        (
            f'{PLATFORM}[[policies]]\ninstrument = "interoperability"\nplatforms = ["p"]\nbudget = 1',
            'line 6  policies[0].platforms = ["p"]: must have at least 2 elements',
        ),
        ('[technologies]\nrelease = "schedule"', 'technologies: schedule belongs to release = "schedule"'),
        ('[technologies]\nrelease = "schedule"\nschedule = {}', 'technologies.schedule = {}: no year for "'),
        (
            "[technologies.origin_weights.hydrocarbon_mining]\nkomi = 0.5\ntatarstan = 0.6",
            "hydrocarbon_mining = { komi = 0.5, tatarstan = 0.6 }: the shares of regions sum to 1.1; must",
        ),
        # files that are not scenarios
        ("", "empty file; expected at least one key"),
        ("# nothing but a comment\n", "empty file; expected at least one key"),
        ("a = 1\nb = \n", "line 2  not TOML: Invalid value"),
        ("a = 1\n[b", "line 2  not TOML: "),
        ("a = 1\na = 2", "line 2  not TOML: Cannot overwrite a value"),
        (b"title = 'x'\ndescription = '\xcf\xf0'", "line 2  not UTF-8 (byte 0xcf); save it as UTF-8"),
        # extends
        ('extends = "gone.toml"', 'line 1  extends = "gone.toml": no such file'),
        (
            'extends = "../ports.toml"',
            'line 1  extends = "../ports.toml": must be the name of a file in the same folder',
        ),
        ("\nextends = 3", "line 2  extends = 3: must be the name of a file in the same folder"),
        ('extends = "ports.toml"', 'line 1  extends = "ports.toml": circular: ports.toml extends ports.toml'),
    ],
)
def test_a_fault_is_told_with_line_key_found_and_expected(write, text, said):
    path = write(text)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    message = str(caught.value)
    assert message.splitlines()[0].startswith(f"{path}: 1 problem"), message
    assert said in message
    assert caught.value.exit_code == 2


def test_all_faults_are_told_at_once_in_the_order_of_the_file(write, monkeypatch):
    path = write(
        "polices = 1\n[diffusion]\nspatial = nan\n"
        '[[policies]]\ninstrument = "cluster_organization"\n'
        '[[policies]]\ninstrument = "training"\nregions = ["Komi"]\nbudget = -5\n'
    )
    monkeypatch.chdir(path.parent)
    with pytest.raises(ScenarioError) as caught:
        load_scenario("ports.toml")
    assert str(caught.value) == (
        "ports.toml: 5 problems\n"
        '  line 1  polices: unknown key; did you mean "policies"?\n'
        "  line 3  diffusion.spatial = nan: must be a finite number\n"
        '  line 5  policies[0].instrument = "cluster_organization": not an instrument; '
        'did you mean "cluster_organisation"?\n'
        '  line 8  policies[1].regions[0] = "Komi": not a region; did you mean "komi"?\n'
        "  line 9  policies[1].budget = -5: must be 0 or more"
    )


def test_a_fault_that_is_inherited_is_told_where_it_stands(write, monkeypatch):
    write("[diffusion]\nspatial = -1\nnetwork = 0.1\n", "base.toml")
    path = write('extends = "base.toml"\n[diffusion]\nnetwork = -2\n')
    monkeypatch.chdir(path.parent)
    found = {(p.file, p.line, p.key) for p in problems_of(Path("ports.toml"))}
    assert found == {("base.toml", 2, "diffusion.spatial"), ("ports.toml", 3, "diffusion.network")}


def test_an_array_that_is_replaced_hides_the_faults_of_the_one_below(write):
    write('[[policies]]\ninstrument = "x"\n[[policies]]\ninstrument = "y"\n', "base.toml")
    path = write(f'extends = "base.toml"\n{TRAINING}regions = ["q"]')
    assert [(p.file, p.line) for p in problems_of(path)] == [(str(path), 5)]


def test_what_an_array_lacks_is_told_of_the_array_that_counts_not_of_the_one_below(write):
    write(TRAINING, "base.toml")
    path = write('extends = "base.toml"\n[[policies]]\ninstrument = "technopark"\n')
    (problem,) = problems_of(path)
    assert (problem.file, problem.line, problem.key) == (str(path), 2, "policies[0]")


def test_a_circle_of_three_files_is_told(write):
    write('extends = "c.toml"', "b.toml")
    write('extends = "b.toml"', "c.toml")
    (problem,) = problems_of(write('extends = "b.toml"'))
    assert problem.message == "circular: b.toml extends c.toml extends b.toml"
    assert Path(problem.file).name == "c.toml"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("diffusion.spatial=-1", "diffusion.spatial = -1: must be 0 or more"),
        ("diffusion.spatial=high", 'diffusion.spatial = "high": must be a number'),
        ("title=say 'x'", "a text needs quotes: --set 'title=\"say 'x'\"'"),
        ("title=\x1b]0;x\x07", "holds the hidden character U+001B; leave it out"),
        (r'world.dataset="C:\Users\land"', "a path is written with /, or without quotes of its own"),
        ("title=#1", "a text needs quotes: --set \"title='#1'\""),
        ("diffusion.spatial=1,5", "with digits on both sides of it: 1.5"),
        ("'title=x'", "cmd.exe does not treat single quotes as quotes"),
        ('diffusion.spatial="high"', 'diffusion.spatial = "high": must be a number'),
        ("diffusion.spacial=1", 'diffusion.spacial: unknown key; did you mean "spatial"?'),
        ("diffusion.spatial", "must be KEY=VALUE"),
        ("diffusion spatial=1", "the key must look like"),
        ("policies[2].budget=1", "there are only 1 elements, counted from 0"),
        ("time[0]=1", "there is no array to take element 0 of"),
        ("title.x=1", '"x" is a key, but what should contain it is not a table'),
        (
            'policies[0].regions=["Komi"]',
            'policies[0].regions[0] = "Komi": not a region; did you mean "komi"?',
        ),
        ("a=1\nb=2", "the value is not TOML"),
        ("difusion.spatial=1", 'difusion: unknown key; did you mean "diffusion"?'),
        ("diffusion.spatial=.5", "with digits on both sides of it: 0.5"),
        ("diffusion.spatial=50%", "without a percent sign"),
        (f"diffusion.spatial={'9' * 5000}", "the value is not TOML"),
        (f"diffusion.spatial={'[' * 5000}", "the value is not TOML"),
        (f"{'.'.join('a' * 3000)}=1", "nested too deeply"),
    ],
)
def test_a_fault_of_an_override_is_told_of_the_override(write, override, said):
    path = write(f'title = "x"\n{TRAINING}[time]\nyears = 20')
    (problem,) = problems_of(path, override)
    assert problem.file == "--set for ports"
    assert said in str(problem)
    assert str(ScenarioError([problem])).startswith("--set for ports: 1 problem\n  ")


def test_a_file_whose_name_cannot_be_that_of_a_scenario_is_told_so(write):
    write('title = "Below"\nname = "below"', "below.toml")
    path = write('extends = "below.toml"\n[diffusion]\nspatial = -1', "My ports.toml")
    name, spatial = problems_of(path)
    assert (name.file, name.line) == (str(path), None)
    assert str(name).startswith(
        'its name is that of the file, "My ports", and must be 1 to 64 lower-case letters'
    )
    assert str(spatial) == "line 3  diffusion.spatial = -1: must be 0 or more"


def test_many_faults_are_told_in_a_moment(write):
    path = write("[diffusion]\n" + "".join(f"k{n} = 1\n" for n in range(5000)))
    began = time.process_time()
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert (len(caught.value.problems), caught.value.more) == (50, 4950)
    assert str(caught.value).endswith("and 4,950 more problems")
    assert time.process_time() - began < 10  # finding the lines anew for each fault took minutes


def test_a_scenario_whose_name_is_too_long_for_the_system_is_a_message():
    (problem,) = problems_of("a" * 300)
    assert problem.message.startswith("no such file or shipped scenario")


def test_a_technology_that_is_not_known_is_told_beside_those_without_a_year(write):
    path = write(
        '[technologies]\nrelease = "schedule"\n[technologies.schedule]\n"Deep and safe minning" = 1\n'
    )
    unknown, missing = problems_of(path)
    assert (unknown.line, missing.line) == (4, 3)
    assert unknown.message == 'not a technology; did you mean "Deep and safe mining"?'
    assert missing.message.endswith("and 19 more; a year at the horizon omits a technology")


def test_overspending_is_told_with_both_numbers(write):
    path = write(TRAINING.replace("1.0", "3010"))
    (problem,) = problems_of(path)
    assert (problem.line, problem.key) == (1, "policies")
    # 3,010 and 3,000 a year over 20 years; a plan may exceed the budget by .1 %, for round numbers.
    assert (
        "present value of 38,520 units, 128 more than the budget's 38,392 (3,000 a year over 20 years)"
        in problem.message
    )
    load_scenario(write(TRAINING.replace("1.0", "3002.9")))


@pytest.mark.parametrize("name", ["hypercluser", "hypercluser.toml"])
def test_a_name_that_is_no_scenario_is_told_with_what_was_perhaps_meant(name):
    (problem,) = problems_of(name)
    assert str(problem) == 'no such file or shipped scenario; did you mean "hypercluster"?'


def test_a_folder_is_told_not_to_be_a_scenario(tmp_path):
    (problem,) = problems_of(tmp_path)
    assert problem.message.startswith("is a folder")


def test_a_fault_of_the_tables_of_a_scenario_is_told_of_the_table(write, tmp_path):
    folder = shutil.copytree(dataset_folder("russia-2023"), tmp_path / "own")
    (folder / "relevance.csv").unlink()
    with pytest.raises(DataError) as caught:
        load_scenario(write('[world]\ndataset = "own"'))
    assert caught.value.problems[0].file == str(folder / "relevance.csv")


def test_an_error_survives_the_way_back_from_a_worker_process(write):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write("a = 1"))
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_reading_a_scenario_imports_neither_mesa_nor_matplotlib_nor_pandas():
    code = (
        "import sys; from simulation.scenario.loading import load_scenario; load_scenario('hypercluster').digest; "
        "print([name for name in ('mesa', 'matplotlib', 'pandas', 'tree_sitter') if name in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
