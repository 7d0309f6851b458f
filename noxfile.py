# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that is run on this checkout: `nox -l` lists the sessions, `nox -s lint unit-3.7` runs two, `make` names them.

Each session has an environment of its own in .build/nox, with what tests/requirements/locked pins for it. It is made
anew when those pins change. The sessions at the end run others, several at a time, as tests/tools/parallel.py does.

antsibull-nox has sessions for docs-check and ansible-test, too. They are not taken: they install what no hash pins, and
ansible-test in them fetches from outside what tests/tools/sanity.py does without.
"""

from __future__ import annotations

import functools
import glob
import os
import pathlib
import signal
import subprocess
import sys
from typing import Callable, Dict, List, Sequence, Tuple

import nox

ROOT = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(ROOT, "tests", "tools"))

import balance
import debian
import parallel
import pins
from parallel import Job
from places import BUILD, ENVIRONMENTS, SetupError
from pythons import CORES, KNOWN, Core, Minor, controllers, find_all, newest_core, text

nox.needs_version = ">=2026.10.20"
# Relative, since nox gives a name of its own to an environment whose path is long
nox.options.envdir = os.path.relpath(ENVIRONMENTS, ROOT)
nox.options.sessions = ["lint", "docs-check", "unit"]
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = True

FOUND = find_all()
NEWEST, PYTHON = newest_core(FOUND) or (CORES[-1], CORES[-1].controller[1])
DURATIONS = "--durations=10"
LIVE_AT_ONCE = 5  # processes that share the live tests, which wait half the time
# What a session runs with: the collection importable, every cache below .build, byte code kept there
SURROUNDINGS: Dict[str, str | None] = {
    "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
    "PYTHONPATH": os.path.join(ROOT, ".collections"),
    "PYTHONPYCACHEPREFIX": os.path.join(BUILD, "cache", "pycache"),
    "PYTHONDONTWRITEBYTECODE": None,
    "ANSIBLE_HOME": os.path.join(BUILD, "ansible"),
    "NO_COLOR": "1",
}
Function = Callable[[nox.Session], None]
HOLDS: Dict[str, bool] = {}  # which sessions find their environment as pinned


def stop(_number: int, _frame: object) -> None:
    """Take SIGTERM as Ctrl-C, which a terminal sends to what runs below, too."""
    for path in glob.glob("/proc/self/task/*/children"):
        with open(path, encoding="ascii") as children:
            for child in map(int, children.read().split()):
                if os.getpgid(child) == os.getpgrp():
                    os.kill(child, signal.SIGINT)
    raise KeyboardInterrupt


signal.signal(signal.SIGTERM, stop)
# Also where a shell started this in the background, with Ctrl-C ignored
signal.signal(signal.SIGINT, signal.default_int_handler)


def run(session: nox.Session, *command: str) -> None:
    """Run a program of the session's environment; where it is interrupted, it has time to clean up."""
    session.run(*command, env=SURROUNDINGS, interrupt_timeout=parallel.CLEANING / 2, terminate_timeout=5)


def tool(session: nox.Session, name: str, *arguments: str) -> None:
    """Run a script of tests/tools with the session's Python."""
    run(session, "python", os.path.join("tests", "tools", name + ".py"), *arguments)


def packages(session: nox.Session, names: Sequence[str]) -> None:
    """Install the Debian packages of these lists, tests/requirements/NAME.txt."""
    try:
        for name in names:
            debian.setup(name)
    except SetupError as problem:
        session.error(str(problem))


def pinned(
    list_name: str, minor: Minor = PYTHON, name: str = "", of_debian: Sequence[str] = ()
) -> Callable[[Function], Function]:
    """A session on this Python with the pins of one list, and Debian packages."""

    def decorate(function: Function) -> Function:
        session_name = name or function.__name__.replace("_", "-")
        python = FOUND.get(minor, text(minor))
        HOLDS[session_name] = pins.held(os.path.join(ENVIRONMENTS, session_name.replace(".", "-")), list_name, python)

        @functools.wraps(function)
        def prepared(session: nox.Session) -> None:
            packages(session, of_debian)
            if not HOLDS[session_name]:
                session.install(*pins.INSTALL, pins.locked(list_name))
                pins.mark(session.virtualenv.location, list_name, python)
            function(session)

        return nox.session(prepared, name=session_name, python=python, reuse_venv=HOLDS[session_name], default=False)

    return decorate


# ---------------------------------------------------------------- what needs neither root nor a network namespace

LINTERS: Dict[str, Tuple[str, ...]] = {
    "ruff": ("check", "."),
    "yamllint": ("--strict", "."),
    "mypy": (),
    "reuse": ("lint",),
    "antsibull-changelog": ("lint",),
    "ansible-lint": ("--profile", "production", "--offline"),
}


@pinned("lint")
def lint(session: nox.Session) -> None:
    """ruff, yamllint, mypy, reuse, antsibull-changelog, ansible-lint; `nox -s lint -- mypy` runs one."""
    failed = []
    for linter in session.posargs or LINTERS:
        if linter not in LINTERS:
            session.error("%s is not allowed; there are %s" % (linter, ", ".join(LINTERS)))
        try:
            run(session, linter, *LINTERS[linter])
        except nox.command.CommandFailed:
            failed.append(linter)
    if failed:
        session.error("failed: " + ", ".join(failed))


@pinned("docs-check")
def docs_check(session: nox.Session) -> None:
    """antsibull-docs lint-collection-docs."""
    options = ("--plugin-docs", "--skip-rstcheck", "--validate-collection-refs=all")
    run(session, "antsibull-docs", "lint-collection-docs", *options, ".")


@pinned("docs")
def docs(session: nox.Session) -> None:
    """Build the manual as a site into .build/docs/site, on Python 3.12 or newer."""
    run(session, "python", os.path.join("docs", "docsite", "build_site.py"))


def unit_session(minor: Minor) -> None:
    @pinned("unit", minor, "unit-" + text(minor))
    def unit_tests(session: nox.Session) -> None:
        run(session, "pytest", *(session.posargs or ["tests/unit"]), "-m", "not ansible")

    unit_tests.__doc__ = "Pure functions and readers of files on Python %s, no Ansible." % text(minor)


def sanity_session(core: Core, minor: Minor) -> None:
    @pinned("core-" + core.name, minor, "sanity-" + core.name)
    def sanity(session: nox.Session) -> None:
        first, last = core.target
        tool(session, "sanity", core.name, *(path for other, path in FOUND.items() if first <= other <= last))

    sanity.__doc__ = "ansible-test sanity of ansible-core %s." % core.name


@pinned("audit")
def audit(session: nox.Session) -> None:
    """Make ready what `make audit` and `make story` run: ansible-core, and no more."""


@pinned("audit")
def build(session: nox.Session) -> None:
    """Build the collection into .build/dist."""
    tool(session, "release", "--build")


@pinned("release")
def release(session: nox.Session) -> None:
    """Prepare a release: `nox -s release -- 1.0.0`; `-- --file` builds and checks one that is prepared already."""
    tool(session, "release", *session.posargs)


@pinned("release")
def release_check(session: nox.Session) -> None:
    """Prepare a release in a copy, check it, and install it into an empty folder."""
    tool(session, "release", "--check")


@pinned("pre-commit")
def dev(session: nox.Session) -> None:
    """Set up for changing the collection: the linters, and the hook before each commit that runs them."""
    ready(session, ["lint"])
    run(session, "pre-commit", "install")
    session.log("nox is .build/start/bin/nox, where make started it; `nox -l` lists what it can run")


@pinned("refresh")
def refresh(session: nox.Session) -> None:
    """Pin all test tools anew, as their newest versions; `nox -s refresh -- lint` one list."""
    for name in session.posargs or pins.names():
        run(session, "uv", *pins.compilation(name))


# ---------------------------------------------------------------- what sends packets in network namespaces, as root


@pinned("core-" + NEWEST.name, of_debian=["debian"])
def live_tests(session: nox.Session) -> None:
    """Some live tests on the newest ansible-core: `nox -s live-tests -- tests/live/test_findings.py`."""
    run(session, "pytest", DURATIONS, *(session.posargs or ["tests/live"]))


def modules_session(core: Core, minor: Minor, name: str) -> None:
    @pinned("core-" + core.name, minor, name, of_debian=["debian"])
    def modules(session: nox.Session) -> None:
        run(session, "pytest", DURATIONS, "-m", "ansible", *(session.posargs or balance.through_ansible()))

    modules.__doc__ = "The tests that go through ansible-core %s, Python %s." % (core.name, text(minor))


@pinned("core-" + NEWEST.name, of_debian=["debian"])
def bursts(session: nox.Session) -> None:
    """Three minutes of bursts into real servers; the variable BURSTS names one of them."""
    run(session, "pytest", DURATIONS, "tests/live/test_watch_bursts.py")


@pinned("eda", of_debian=["debian", "debian-eda"])
def eda(session: nox.Session) -> None:
    """ansible-rulebook with the newest ansible-core."""
    run(session, "pytest", DURATIONS, "tests/eda")


def scenarios() -> List[str]:
    return sorted(one.parent.name for one in pathlib.Path(ROOT, "extensions", "molecule").glob("*/molecule.yml"))


@pinned("molecule", of_debian=["debian"])
def scenario(session: nox.Session) -> None:
    """A Molecule scenario: `nox -s scenario -- systemd`; without a name, default."""
    names = session.posargs or ["default"]
    if names != ["default"]:
        packages(session, ["debian-containers"])
    for name in names:
        tool(session, "molecule", name)


@pinned("molecule-pytest", of_debian=["debian"])
def molecule_pytest(session: nox.Session) -> None:
    """The scenario default, started by pytest-ansible in extensions/."""
    run(session, "pytest", DURATIONS, "--ansible-unit-inject-only", "tests/molecule", "-k", "default")


@pinned("bench", of_debian=["debian"])
def bench(session: nox.Session) -> None:
    """Measure and write docs/performance.md; `nox -s bench -- --ci` only compares."""
    tool(session, "bench", *session.posargs)


@pinned("core-" + NEWEST.name, of_debian=["debian-kernels"])
def kernels(session: nox.Session) -> None:
    """The modules in virtual machines with Debian's kernels, into docs/kernels.md; `-- 6.1` boots one."""
    tool(session, "kernels", *session.posargs)


@pinned("core-" + NEWEST.name, of_debian=["debian"])
def fleet(session: nox.Session) -> None:
    """The fleet lab: `nox -s fleet -- 100` leaves reports of 100 hosts in .build/fleet; `-- screenshots`; `-- many`."""
    place, asked = os.path.join(".build", "fleet"), (session.posargs or ["100"])[0]
    left = {"screenshots": os.path.join(place, "before"), "many": os.path.join(place, "before", "report.json")}
    script, arguments = (asked, [left[asked]]) if asked in left else ("fleet", [asked, place])
    path = os.path.join("tests", "fleet", script + ".py")
    session.run("python", path, *arguments, interrupt_timeout=parallel.CLEANING)


@pinned("core-" + NEWEST.name)
def fuzz(session: nox.Session) -> None:
    """Mutated samples into every parser and the findings: `nox -s fuzz -- --seconds 60`."""
    run(session, "python", "-m", "ansible_collections.linuxnet.tcp.tests.fuzz.fuzz", *session.posargs)


@pinned("mutants", max(FOUND))
def mutants(session: nox.Session) -> None:
    """A sample of mutants of the pure rooms, held against the unit tests: `nox -s mutants -- --number 50`."""
    run(session, "python", os.path.join("tests", "mutants", "sample.py"), *session.posargs)


for known in KNOWN:
    unit_session(known)
for one_core in CORES:
    usable = controllers(one_core, FOUND) or [one_core.controller[1]]
    sanity_session(one_core, usable[-1])
    modules_session(one_core, usable[-1], "modules-" + one_core.name)
    for other_minor in usable[:-1]:
        modules_session(one_core, other_minor, "modules-%s-%s" % (one_core.name, text(other_minor)))


# ---------------------------------------------------------------- several of these at a time


def ready(session: nox.Session, names: Sequence[str]) -> None:
    """Make the environments of these sessions that are not as pinned, several at a time."""
    missing = [name for name in dict.fromkeys(names) if not HOLDS[name]]
    if not missing:
        return
    for name in missing:
        print("setup    .build/nox/%s" % name, flush=True)
    log = os.path.join(BUILD, "log", "setup.log")
    os.makedirs(os.path.dirname(log), exist_ok=True)
    several = ("--allow-parallel", "--parallel", "3")
    command = [sys.executable, "-m", "nox", "--install-only", *several, "--session", *missing]
    with open(log, "w", encoding="utf-8") as output:
        done = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
    if done.returncode != 0:
        session.error("setup failed; see " + os.path.relpath(log, ROOT))


def describe() -> None:
    """Tell what of the matrix this machine has no Python for."""
    print("Pythons found: %s" % " ".join(map(text, FOUND)))
    missing = [text(minor) for minor in KNOWN if minor not in FOUND]
    if missing:
        print("Pythons missing, their tests do not run: %s" % " ".join(missing))
    for core in CORES:
        if not controllers(core, FOUND):
            print("ansible-core %s does not run: needs Python %s to %s" % (core.name, *map(text, core.controller)))
    print("", flush=True)


def lint_jobs() -> List[Job]:
    return [Job(name, name, short=True) for name in ("lint", "docs-check")]


def unit_jobs(minors: Sequence[Minor]) -> List[Job]:
    name = "unit tests, Python %s, no Ansible"
    return [Job(name % text(minor), "unit-" + text(minor), short=True) for minor in minors]


def oldest_and_newest() -> List[Minor]:
    return sorted({min(FOUND), max(FOUND)})


def sanity_jobs(cores: Sequence[Core]) -> List[Job]:
    return [Job("ansible-test sanity " + core.name, "sanity-" + core.name) for core in cores]


def modules_jobs(cores: Sequence[Core], newest_only: bool) -> List[Job]:
    found = []
    for core in cores:
        *others, newest = controllers(core, FOUND)
        pairs = [(newest, "modules-" + core.name)]
        if not newest_only:
            pairs += [(minor, "modules-%s-%s" % (core.name, text(minor))) for minor in others]
        found += [Job("through ansible-core %s, Python %s" % (core.name, text(minor)), name) for minor, name in pairs]
    return found


def live_shares() -> List[Job]:
    """Every live test has namespaces of its own, so that the files run in several processes at once."""
    parts = balance.live_shares(LIVE_AT_ONCE)
    name = "live tests %d of %d, ansible-core %s, Python %s"
    return [
        Job(name % (number, len(parts), NEWEST.name, text(PYTHON)), "live-tests", tuple(part))
        for number, part in enumerate(parts, start=1)
    ]


def oldest_jobs() -> List[Job]:
    """What goes through Ansible, on the oldest ansible-core."""
    oldest = [core for core in CORES[:1] if core != NEWEST and controllers(core, FOUND)]
    return modules_jobs(oldest, newest_only=True)


def test_jobs() -> List[Job]:
    """In the order in which they start: what takes longest first, so that the short ones fill up the end."""
    return [
        Job("event-driven, ansible-rulebook", "eda", counts_seconds=True),
        *lint_jobs(),
        *live_shares(),
        *sanity_jobs([NEWEST]),
        *oldest_jobs(),
        Job("molecule test, scenario default", "scenario"),
        *unit_jobs(oldest_and_newest()),
    ]


def matrix_jobs() -> List[Job]:
    cores = [core for core in CORES if controllers(core, FOUND)]
    return [*unit_jobs(list(FOUND)), *sanity_jobs(cores), *modules_jobs(cores, newest_only=False)]


def prepare(session: nox.Session, jobs: Sequence[Job], of_debian: Sequence[str]) -> None:
    if not FOUND or newest_core(FOUND) is None:
        session.error("no Python from %s on was found" % text(CORES[0].controller[0]))
    describe()
    packages(session, of_debian)
    ready(session, [job.session for job in jobs])


def together(session: nox.Session, jobs: List[Job], of_debian: Sequence[str] = ()) -> None:
    prepare(session, jobs, of_debian)
    if parallel.run_all(jobs, "make " + session.name) != 0:
        session.error("failed")


@nox.session(venv_backend="none", default=False)
def setup(session: nox.Session) -> None:
    """Install what `test` needs: Debian packages, and environments in .build/nox."""
    prepare(session, test_jobs(), ["debian", "debian-eda"])


@nox.session(venv_backend="none", default=False)
def test(session: nox.Session) -> None:
    """What lint, docs-check, unit, live, eda and sanity run, and of Molecule the scenario default; no more."""
    together(session, test_jobs(), ["debian", "debian-eda"])


@nox.session(venv_backend="none", default=False)
def unit(session: nox.Session) -> None:
    """The unit tests on the oldest Python found and on the newest."""
    together(session, unit_jobs(oldest_and_newest()))


@nox.session(venv_backend="none", default=False)
def live(session: nox.Session) -> None:
    """The live tests on the newest ansible-core; what goes through Ansible also on the oldest."""
    together(session, [*live_shares(), *oldest_jobs()], ["debian"])


@nox.session(venv_backend="none", default=False)
def sanity(session: nox.Session) -> None:
    """ansible-test sanity of the newest ansible-core."""
    together(session, sanity_jobs([NEWEST]))


@nox.session(venv_backend="none", default=False)
def molecule(session: nox.Session) -> None:
    """Every scenario of extensions/molecule, and default once more, as pytest-ansible starts it."""
    jobs = [Job("molecule test, scenario " + name, "scenario", (name,)) for name in scenarios()]
    # Its hosts are not those of the job before: both may run at the same time
    jobs.append(Job("molecule test, scenario default, by pytest-ansible", "molecule-pytest"))
    together(session, jobs, ["debian", "debian-containers"])


@nox.session(venv_backend="none", default=False)
def matrix(session: nox.Session) -> None:
    """Every Python, every ansible-core, and every pair of the two that ansible-core supports."""
    together(session, matrix_jobs(), ["debian"])
