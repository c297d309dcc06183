"""Judge pushes of training code, and compile tagged commits into datasets that know every line's origin."""
