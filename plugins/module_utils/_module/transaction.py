# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""A plan carried out: run-time values, then the file, each looked at again; or everything put back."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import signal
import threading
from typing import Any, Callable, Iterator, List, Optional, Tuple

from .._change import plan as change_plan
from .._change import words
from .._kernel import identity, sysctls
from .._model import text as model_text
from .._read import boot_files
from .._read import sysctls as read_sysctls
from .._write import atomic, sysctl
from . import change_options
from . import host as module_host

_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_DIRECTORY_MODE = 0o755


class Failed(Exception):
    """A step failed. The text says which, and what was put back; ``left`` names what could not be."""

    def __init__(self, message: str, restored: List[str], left: List[str]) -> None:
        super().__init__(message)
        self.restored = restored
        self.left = left


class _Wrong(Exception):
    """A step went through and did not have its effect."""


class _Ended(BaseException):
    """A signal asks this process to end."""


def carry_out(
    plan: change_plan.Plan, options: change_options.ChangeOptions, host: module_host.Host, kernel: identity.Kernel
) -> None:
    """Do what the plan says, and make sure by reading that it is so.

    :raises Failed: a step failed, or did not have its effect; everything was put back as it was.
    """
    transaction = _Transaction(plan, options, host, kernel)
    with _ending_raises():
        try:
            transaction.run()
        except BaseException as error:
            _ignore_endings()
            restored, left = transaction.undo()
            raise Failed(_told(error, restored, left), restored, left) from error


class _Transaction:
    """The steps, and how to take back those that were done."""

    def __init__(
        self,
        plan: change_plan.Plan,
        options: change_options.ChangeOptions,
        host: module_host.Host,
        kernel: identity.Kernel,
    ) -> None:
        self._plan, self._options, self._host, self._kernel = plan, options, host, kernel
        self._undo: List[Tuple[str, Callable[[], bool]]] = []  # what is put back, and how; False: it was not needed

    def run(self) -> None:
        for write in self._plan.writes:
            was = "%s = %d" % (sysctls.KEYS[write.name].key, write.before)
            self._undo.append((was, functools.partial(self._rewrite, write)))
            self._write(write)
        self._read_back()
        if self._plan.file_changes:
            self._change_file()
        self._look_again()

    def undo(self) -> Tuple[List[str], List[str]]:
        """Take everything back, last step first; what was restored, and what could not be and why."""
        restored, left = [], []
        for what, put_back in reversed(self._undo):
            try:
                if put_back():
                    restored.append(what)
            except Exception as error:  # pylint: disable=broad-exception-caught # the others have to be tried
                left.append("{0} ({1})".format(what, _reason(error)))
        return restored, left

    def _write(self, write: change_plan.Write) -> None:
        try:
            module_host.inside(self._host.namespace, sysctl.write_sysctl, write.name, write.after)
        except OSError as error:
            refused = "the kernel refused" if error.errno == errno.EINVAL else "could not set"
            text = "{0} {1} = {2}: {3}".format(refused, sysctls.KEYS[write.name].key, write.after, _reason(error))
            raise _Wrong(text) from None

    def _rewrite(self, write: change_plan.Write) -> bool:
        if self._runtime()[write.name] == write.before:
            return False
        module_host.inside(self._host.namespace, sysctl.write_sysctl, write.name, write.before)
        return True

    def _runtime(self) -> Any:
        return module_host.inside(self._host.namespace, read_sysctls.read_sysctls)[0]

    def _read_back(self) -> None:
        if not self._plan.writes:
            return
        values = self._runtime()
        for write in self._plan.writes:
            if values[write.name] != write.after:
                raise _Wrong(
                    "{0} is {1} after {2} was written".format(
                        sysctls.KEYS[write.name].key, values[write.name], write.after
                    )
                )

    def _change_file(self) -> None:
        file = self._host.found.file
        if file.directory_missing:
            directory = os.path.dirname(file.path)
            self._undo.append((directory, lambda: _remove_directory(directory)))
            os.mkdir(directory, _DIRECTORY_MODE)
            os.chmod(directory, _DIRECTORY_MODE)  # whatever the umask
        self._undo.append((file.path, self._put_file_back))
        try:
            atomic.replace(file.path, self._plan.content, file.content)
        except atomic.ChangedMeanwhile as error:
            raise _Wrong("{0}; run it again".format(error)) from None
        except OSError as error:
            raise _Wrong(
                "{0} could not be written: {1}".format(model_text.printable(file.path), _reason(error))
            ) from None

    def _put_file_back(self) -> bool:
        file = self._host.found.file
        if atomic.current(file.path) != self._plan.content:
            return False  # not replaced yet, or by somebody else since
        atomic.replace(file.path, file.content, self._plan.content)
        return True

    def _look_again(self) -> None:
        """Whether the file holds what was written, and its values still are those of the next boot."""
        file, wanted = self._host.found.file, self._options.wanted
        if file is None or not self._plan.file_changes:
            return
        if atomic.current(file.path) != self._plan.content:
            raise _Wrong(
                "{0} was changed by somebody else meanwhile; run it again".format(model_text.printable(file.path))
            )
        expected = {shadow.key for shadow in self._plan.shadows}
        found = change_plan.shadows(wanted, self._host.found, boot_files.read_boot(level=self._kernel.level))
        unexpected = [words.shadow_text(one, wanted) for one in found if one.key not in expected]
        if unexpected:
            raise _Wrong(
                "{0} does not decide at boot: {1}".format(model_text.printable(file.path), "; ".join(unexpected))
            )


def tidy_up(path: Optional[str]) -> None:
    """Remove what killed runs left in the file's directory; for who holds the lock."""
    if path is not None:
        atomic.remove_leftovers(os.path.dirname(path))


def _remove_directory(directory: str) -> bool:
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        return False
    return True


def _told(error: BaseException, restored: List[str], left: List[str]) -> str:
    text = str(error) if isinstance(error, (_Wrong, _Ended)) else _reason(error)
    text = text[:1].upper() + text[1:] + ". "
    text += "Put back: {0}.".format(", ".join(restored)) if restored else "Nothing had been changed yet."
    if left:
        text += " Could NOT be put back: {0}.".format("; ".join(left))
    return text


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return model_text.printable(str(error)) or type(error).__name__


@contextlib.contextmanager
def _ending_raises() -> Iterator[None]:
    """Within, a signal to end raises, so that the steps are taken back; SIGKILL alone does not ask."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: Any) -> None:
        raise _Ended("ended by %s" % signal.Signals(number).name)

    heeded = [one for one in _ENDING if signal.getsignal(one) != signal.SIG_IGN]  # nohup(1) ignores SIGHUP
    before = {one: signal.signal(one, end) for one in heeded}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _ignore_endings() -> None:
    if threading.current_thread() is threading.main_thread():
        for one in _ENDING:
            signal.signal(one, signal.SIG_IGN)
