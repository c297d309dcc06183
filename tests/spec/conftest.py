"""Spec files stand in the test; what is wrong with them is compared as it is printed."""

import pytest
from spec.printing import CORPUS, CURRICULUM

from gitcorpus.spec.load import load_specs
from gitcorpus.spec.sources import DirectorySource


@pytest.fixture
def load(tmp_path):
    """Write files below a folder, load its specs, and return what was loaded."""

    def write_and_load(**specs):
        for name, text in {"corpus": CORPUS, "curriculum": CURRICULUM, **specs}.items():
            if text is not None:
                path = tmp_path / (name if "." in name else f"specs/{name}.yaml")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_specs(DirectorySource(tmp_path), commit=None)

    return write_and_load
