"""How the dialogs of the view look: small enough for 80x24, plain enough for sixteen colours."""

from __future__ import annotations

from collections.abc import Mapping

THEME_OF: Mapping[str, str] = {
    "terminal": "ansi-dark",
    "dark": "textual-dark",
    "light": "textual-light",
    "contrast": "textual-dark",
    "colour-blind": "textual-dark",
}
"""Which of the library's own themes goes with one of the view's. ansi-dark: the terminal's own ground and ink."""

DIALOG = """
SendForm, Confirm { align: center middle; background: transparent; }
SendForm #dialog { width: 96%; max-width: 120; height: 96%; max-height: 44; }
Confirm #dialog { width: 76; max-width: 96%; height: auto; max-height: 90%; }
#dialog { border: round $primary; padding: 0 1; background: $surface; }
.told { width: 1fr; height: auto; }
#dialog Input, #dialog Select, #dialog Checkbox { height: 1; }
#dialog Button { margin: 0 0 0 2; min-width: 8; }
#dialog Button:focus { text-style: bold; }
.row { height: 1; width: 1fr; }
.row .label { width: 14; }
.row .hint { width: 1fr; color: $text-muted; padding: 0 0 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
.row Input, .row Select { width: 26; background: $boost; }
.row Checkbox { width: 26; }
Confirm .row Input { width: 1fr; }
.fault { width: 1fr; height: auto; color: $error; display: none; padding: 0 0 0 14; }
.fault.shown { display: block; }
#choose { height: 1fr; }
#search, #choose OptionList { width: 1fr; }
#search { background: $boost; }
#choose OptionList { height: 1fr; border: none; margin: 1 0 0 0; }
#fill { height: 1fr; }
#fields { height: auto; max-height: 45%; }
#preview { height: 1fr; border-top: solid $primary; }
#policy { border-top: solid $primary; }
.good { color: $success; }
.bad { color: $error; }
.warn { color: $warning; }
#agree { height: 1; margin: 0; }
#agree Input { max-width: 14; background: $boost; }
#agree #question { width: auto; max-width: 60%; padding: 0 1 0 0; text-style: bold; }
#wait { padding: 1 0; }
ContentSwitcher { height: 1fr; }
#commands { text-wrap: nowrap; text-overflow: ellipsis; }
#commands:ansi > .option-list--option-highlighted { background: ansi_blue; color: ansi_bright_white; }
#dialog Input, #dialog Select, #dialog Checkbox {
    border-left: outer $primary !important; border-right: outer $primary !important;
}
#dialog Input:focus, #dialog Select:focus, #dialog Checkbox:focus {
    border-left: outer $warning !important; border-right: outer $warning !important;
}
#dialog Input:ansi, #dialog Select:ansi, #dialog Checkbox:ansi { background: ansi_default; }
#dialog Select:ansi SelectCurrent { background: ansi_default; }
#dialog Button:ansi { background: ansi_default; color: ansi_default; text-style: reverse; }
#dialog Button:focus:ansi { background: ansi_yellow; color: ansi_black; text-style: bold; }
.row .hint:ansi { text-style: dim; }
"""
