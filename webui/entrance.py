"""The HTML of what a stranger sees: sign in, set up, and "still starting". No script is needed for any of it."""

from html import escape

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Hearth</title>
<link rel="icon" href="/static/flame.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/theme.css">
<link rel="stylesheet" href="/static/hearth.css">
{head}</head>
<body class="entrance">
<main class="entrance-card">
<div class="brand brand-large"><img src="/static/flame.svg" alt="" width="44" height="44"><span>Hearth</span></div>
{body}
</main>
<p class="entrance-foot">Everything stays in this house. Nothing here talks to the internet.</p>
</body>
</html>
"""

_CERTIFICATE_NOTE = """<details class="fold"><summary>Why did my browser warn me?</summary>
<p>This box made its own certificate on its first start, because no company vouches for a box in your house. The
connection is encrypted all the same.</p></details>"""


_LOGIN = """<h1>Welcome back</h1>
{problem}<form method="post" action="/login">
{invite}{name}
{password}
<button class="button button-main button-wide" type="submit">Sign in</button>
</form>
<p class="entrance-ways"><a href="/join">I was invited</a><a href="/new-password">I forgot my password</a></p>"""

_SETUP = """<h1>Make this box yours</h1>
<p class="muted">Its screen shows a set-up code. Whoever has the code becomes the owner, and nobody else can.</p>
{problem}<form method="post" action="/setup">
{code}
{name}
{password}
{password_again}
<button class="button button-main button-wide" type="submit">Set up Hearth</button>
</form>
<p class="entrance-ways"><a href="/restore">Restore from a backup instead</a></p>
{certificate_note}"""

_JOIN = """<h1>Come in</h1>
<p class="muted">The owner of this box gave you a code. Choose a name that the others call you by, and a password that
only you know.</p>
{problem}<form method="post" action="/join">
{code}
{name}
{password}
{password_again}
<button class="button button-main button-wide" type="submit">Join this household</button>
</form>
<p class="entrance-ways"><a href="/login">I have an account already</a></p>"""

_FORGOTTEN = """<h1>A new password</h1>
<p class="muted">Ask the owner of this box for a code: under “People”, beside your name. It sets a new password, and
shows nobody your files.</p>
{problem}<form method="post" action="/new-password">
{code}
{password}
{password_again}
<button class="button button-main button-wide" type="submit">Set my new password</button>
</form>
<p class="entrance-ways"><a href="/login">Back to signing in</a></p>"""

_RESTORE = """<h1>Restore from a backup</h1>
<p class="muted">Everything comes back as it was on the old box: people, files, chats. You then sign in with the name
and password that you had there.</p>
<form id="restore">
{code}
<div class="field"><label for="backup">The backup, a file that ends in “.hearthbackup”</label>
<input class="input" id="backup" type="file" accept=".hearthbackup" required></div>
<button class="button button-quiet" id="look" type="button">It is on a disk in the box</button>
<div class="field" id="on-disk" hidden><label for="found">The backup on the disk</label>
<select class="pick-select" id="found"></select></div>
{passphrase}
<button class="button button-main button-wide" type="submit">Restore</button>
<progress id="restore-progress" max="1" value="0" hidden></progress>
<p id="restore-state" role="status" class="muted"></p>
</form>
<p class="entrance-ways"><a href="/setup">Set up a new household instead</a></p>"""

_CODE = 'autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required placeholder="ABCD-2345"'
_INVITATION = (
    'autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required placeholder="ABCD-2345-EFGH"'
)
_USER_NAME = 'autocomplete="username" autocapitalize="none" spellcheck="false" required'
_CURRENT = 'type="password" autocomplete="current-password" required'
_NEW = 'type="password" autocomplete="new-password" required minlength="8"'
_ADVICE = "At least 8 characters. A few words in a row are good, and easy to remember."


def framed(title: str, head: str, body: str) -> str:
    """A whole page on one card; all of these are HTML."""
    return _FRAME.format(title=title, head=head, body=body)


def login_page(*, name: str = "", problem: str = "", invite: str = "") -> str:
    """The sign-in form, with what went wrong, the name that was typed, and the token of a new box that led here."""
    body = _LOGIN.format(
        invite=f'<input type="hidden" name="invite" value="{escape(invite)}">\n' if invite else "",
        problem=_problem(problem),
        name=_field("name", "Name", name, _USER_NAME, focus=not name),
        password=_field("password", "Password", "", _CURRENT, focus=bool(name)),
    )
    return _FRAME.format(title="Sign in", head="", body=body)


def setup_page(*, code: str = "", name: str = "", problem: str = "", field: str = "") -> str:
    """The form that claims the box; `field` is the one to correct.

    `static/setup.js` fills in the code from the address of the QR code, if it can.
    """
    first = field or ("name" if code else "code")
    entries = {
        "code": _field("code", "Set-up code", code, _CODE, focus=first == "code", wrong=field == "code"),
        "name": _field("name", "Your name", name, _USER_NAME, focus=first == "name", wrong=field == "name"),
        **_passwords(first, field),
    }
    body = _SETUP.format(problem=_problem(problem), certificate_note=_CERTIFICATE_NOTE, **entries)
    return _FRAME.format(title="Set up", head='<script src="/static/setup.js" defer></script>\n', body=body)


def join_page(*, code: str = "", name: str = "", problem: str = "", field: str = "") -> str:
    """The form of somebody who was invited; `field` is the one to correct."""
    first = field or ("name" if code else "code")
    body = _JOIN.format(
        problem=_problem(problem),
        code=_field("code", "Code", code, _INVITATION, focus=first == "code", wrong=field == "code"),
        name=_field("name", "Your name", name, _USER_NAME, focus=first == "name", wrong=field == "name"),
        **_passwords(first, field),
    )
    return _FRAME.format(title="Join", head='<script src="/static/setup.js" defer></script>\n', body=body)


def new_password_page(*, code: str = "", problem: str = "", field: str = "") -> str:
    """The form of somebody who forgot the password and has a code of the owner's."""
    first = field or ("password" if code else "code")
    body = _FORGOTTEN.format(
        problem=_problem(problem),
        code=_field("code", "Code", code, _INVITATION, focus=first == "code", wrong=field == "code"),
        **_passwords(first, field),
    )
    return _FRAME.format(title="New password", head="", body=body)


def restore_page() -> str:
    """The form that brings a backup to a new box; `static/restore.js` sends it, with its progress."""
    body = _RESTORE.format(
        code=_field("code", "Set-up code", "", _CODE, focus=True),
        passphrase=_field("passphrase", "The backup’s passphrase", "", _CURRENT),
    )
    return _FRAME.format(title="Restore", head='<script src="/static/restore.js" defer></script>\n', body=body)


def _passwords(first: str, wrong: str) -> dict[str, str]:
    return {
        "password": _field(
            "password",
            "Choose a password",
            "",
            _NEW,
            focus=first == "password",
            wrong=wrong == "password",
            hint=_ADVICE,
        ),
        "password_again": _field("password_again", "The same password again", "", _NEW),
    }


def waiting_page(sentence: str) -> str:
    """What to show while the assistant is away; it looks again by itself."""
    body = f"""<h1>One moment</h1>
<p role="status">{escape(sentence)}</p>
<p class="muted">This page looks again every few seconds.</p>
<div class="ember-bar" aria-hidden="true"></div>"""
    return _FRAME.format(title="Starting", head='<meta http-equiv="refresh" content="3">\n', body=body)


def _problem(sentence: str) -> str:
    if not sentence:
        return ""
    return f'<p class="notice notice-alarm" role="alert" id="problem">{escape(sentence)}</p>\n'


def _field(
    name: str, label: str, value: str, attributes: str, *, focus: bool = False, wrong: bool = False, hint: str = ""
) -> str:
    described = [*(["problem"] if wrong else []), *([f"{name}-hint"] if hint else [])]
    parts = [
        f'class="input input-{name}" id="{name}" name="{name}" value="{escape(value, quote=True)}" {attributes}',
        *(["autofocus"] if focus else []),
        *(['aria-invalid="true"'] if wrong else []),
        *([f'aria-describedby="{" ".join(described)}"'] if described else []),
    ]
    below = f'\n<p class="hint" id="{name}-hint">{escape(hint)}</p>' if hint else ""
    return f'<div class="field"><label for="{name}">{escape(label)}</label>\n<input {" ".join(parts)}>{below}</div>'
