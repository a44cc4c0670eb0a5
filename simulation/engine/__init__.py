"""From a scenario and a seed to a record: the world, the months, the equations."""
