import os

from gitcorpus.model.server import Server
from gitcorpus.server.identity import account_exists, account_name, allowed, pusher_name

FRONT_END = Server(pusher_variables=("GL_USER", "REMOTE_USER"))


def test_the_first_variable_that_is_set_names_the_pusher():
    assert pusher_name({"REMOTE_USER": "b", "GL_USER": "a"}, FRONT_END, account="git") == "a"
    assert pusher_name({"REMOTE_USER": "b", "GL_USER": ""}, FRONT_END, account="git") == "b"


def test_the_account_names_the_pusher_if_no_variable_does():
    assert pusher_name({}, FRONT_END, account="git") == "git"
    assert pusher_name({}, FRONT_END, account=None) is None


def test_nobody_is_named_where_the_account_must_not():
    assert pusher_name({}, Server(pusher_account=False), account="git") is None


def test_a_variable_that_the_server_file_does_not_name_counts_for_nothing():
    assert pusher_name({"REMOTE_USER": "lead"}, Server(), account="git") == "git"


def test_a_hook_knows_no_more_of_its_environment_than_it_needs():
    environ = {
        "GIT_DIR": ".",
        "GIT_QUARANTINE_PATH": "/q",
        "GIT_PUSH_OPTION_COUNT": "1",
        "GIT_PUSH_OPTION_0": "full",
        "GIT_OBJECT_DIRECTORY": "/q",
        "GIT_CONFIG_COUNT": "1",
        "HOME": "/root",
        "GL_USER": "north",
        "GL_REPO": "corpus",
    }
    assert allowed(environ, FRONT_END) == {
        "GIT_DIR": ".",
        "GIT_QUARANTINE_PATH": "/q",
        "GIT_PUSH_OPTION_COUNT": "1",
        "GIT_PUSH_OPTION_0": "full",
        "GL_USER": "north",
    }


def test_an_account_is_known_by_name_and_number():
    name = account_name(os.geteuid())
    assert name is not None
    assert account_exists(name)
    assert not account_exists("nobody of that name")
    assert account_name(2**31 - 5) is None
