"""The environment: every wrong variable is refused by its name, no secret is repeated, the kept key is its owner's."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio.environment import (
    Environment,
    InvalidSetting,
    McpVariables,
    kept_secret,
    prepare_data_dir,
    read_environment,
    read_mcp_secrets,
)
from studio.management.demonstration import demo_password

ROOT = Path(__file__).resolve().parents[2]

WRONG = {
    "DEBUG": "perhaps",
    "LOG_FORMAT": "xml",
    "SPIN_ENDPOINT": "127.0.0.1:3000",
    "OPENAI_BASE_URL": "api.example.org/v1",
    "BROKER_URL": "memory://",
    "CSRF_TRUSTED_ORIGINS": "studio.example.org",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, WRONG[name])
    with pytest.raises(InvalidSetting, match=f"Wrong setting. {name}: "):
        read_environment()


@pytest.mark.parametrize("name", ["SPIN_ENDPOINT", "OPENAI_BASE_URL"])
@pytest.mark.parametrize("value", ["http://", "https:///v1", "http://[::1"])
def test_a_url_without_a_host_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSetting, match=name):
        read_environment()


def test_all_wrong_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSetting) as refused:
        read_environment()
    assert all(f"{name}: " in str(refused.value) for name in WRONG)


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "BROKER_URL", "SPIN_ENDPOINT"])
def test_a_secret_put_in_the_wrong_place_is_not_repeated(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "sk-verysecret")
    with pytest.raises(InvalidSetting) as refused:
        read_environment()
    assert "verysecret" not in f"{refused.value} {refused.value.__cause__!r} {refused.value.__cause__}"


def test_the_key_is_in_no_text_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-verysecret")
    environment = read_environment()
    assert environment.openai_api_key.get_secret_value() == "sk-verysecret"
    assert (
        "verysecret" not in f"{environment} {environment!r} {environment.model_dump()} {environment.model_dump_json()}"
    )


def test_values_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", " studio.example.org , 10.0.0.1,")
    monkeypatch.setenv("SPIN_ENDPOINT", "http://127.0.0.1:3000/")
    monkeypatch.setenv("DEBUG", "1")
    monkeypatch.setenv("BROKER_URL", "")
    environment = read_environment()
    assert environment.allowed_hosts == ["studio.example.org", "10.0.0.1"]
    assert (environment.spin_endpoint, environment.debug, environment.broker_url) == ("http://127.0.0.1:3000", True, "")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setitem(Environment.model_config, "env_file", tmp_path / ".env")
    with pytest.raises(InvalidSetting, match=r"\.env"):
        read_environment()


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("OPENAI_MODEL=file\nLOG_FORMAT=json\nUNKNOWN=1\n")
    monkeypatch.setitem(Environment.model_config, "env_file", tmp_path / ".env")
    monkeypatch.setenv("OPENAI_MODEL", "environment")
    environment = read_environment()
    assert (environment.openai_model, environment.log_format) == ("environment", "json")


def test_the_secret_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        key = kept_secret(tmp_path)
    finally:
        os.umask(before)
    assert len(key) >= 50
    assert kept_secret(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_data_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    assert stat.S_IMODE(prepare_data_dir(tmp_path / "a" / "var").stat().st_mode) == 0o700
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o750)
    assert stat.S_IMODE(prepare_data_dir(shared).stat().st_mode) == 0o750


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        with ThreadPoolExecutor(8) as pool:
            assert len({*pool.map(kept_secret, [folder] * 8)} - {""}) == 1


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xff"])
def test_a_key_file_without_a_key_is_refused_with_what_to_do(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_bytes(content)
    with pytest.raises(InvalidSetting, match="SECRET_KEY"):
        kept_secret(tmp_path)


def test_a_data_folder_that_can_not_be_made_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSetting, match="DATA_DIR"):
        prepare_data_dir(tmp_path / "file" / "data")


@pytest.mark.parametrize(
    "url", ["mysql://root@127.0.0.1/x", "nonsense", "postgres//x", "postgres://user:verysecret@host:notaport/x"]
)
def test_a_database_that_is_not_supported_is_refused_by_name_without_its_password(url: str, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DATABASE_URL": url}
    code = (
        "from studio.environment import InvalidSetting\n"
        "try:\n    import studio.settings\n"
        "except InvalidSetting as error:\n    print('refused', error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("refused DATABASE_URL"), done.stderr[-500:]
    assert "verysecret" not in done.stdout + done.stderr


def test_mcp_servers_are_given_no_other_variables_than_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("MCP_FROM_FILE=file\nMCP_BOTH=file\nSECRET_KEY=hidden\nmcp_lower=x\n")
    monkeypatch.setitem(McpVariables.model_config, "env_file", tmp_path / ".env")
    monkeypatch.setenv("MCP_BOTH", "environment")
    monkeypatch.setenv("OPENAI_API_KEY", "hidden")
    secrets = read_mcp_secrets()
    assert {name: secrets[name] for name in secrets if name in ("MCP_FROM_FILE", "MCP_BOTH")} == {
        "MCP_FROM_FILE": "file",
        "MCP_BOTH": "environment",
    }
    assert all(name.startswith("MCP_") for name in secrets)


def test_the_demo_password_is_kept_whole_and_for_its_owner_only(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    with ThreadPoolExecutor(8) as threads:
        passwords = set(threads.map(lambda _: demo_password(), range(32)))
    (password,) = passwords
    assert len(password) >= 12
    assert [path.name for path in tmp_path.iterdir()] == ["demo-password"]
    assert stat.S_IMODE((tmp_path / "demo-password").stat().st_mode) == 0o600
