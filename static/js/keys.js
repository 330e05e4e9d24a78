// Keys: what carries data-key="j" is clicked (a field: focused) when that key is pressed. Which key belongs to which action is the
// server's table (studio/domain/keymaps.py), so that people can change it; nothing here knows any but Escape.
// Nothing is hijacked while one types, composes or holds Alt or AltGr; keys with Ctrl or Cmd work in fields too.

const TEXT_FIELDS = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
const PRESSED_BY_THEMSELVES = "a, button, summary, input, [role=option]";
const EDITS_TEXT = /^Mod\+(Shift\+)?(Backspace|Delete|Home|End|Arrow)/;

const acts = new Map();
let active = () => null;
let stopOf = () => null;
let leave = (field) => (field?.blur(), Boolean(field));

// What an action does besides or instead of the click. `act(element, field, event)`: the element that was found for it, the field
// one types in. With `anywhere` it is asked as well when no element of the action can be seen now.
export const onAction = (name, act, { anywhere = false } = {}) => acts.set(name, { act, anywhere });

// What belongs to a stop (`of(element)`) is meant only while `find()` gives that stop.
export const limitKeysTo = (find, of) => ([active, stopOf] = [find, of]);

// Escape: `act(field)` says whether there was anything to leave.
export const onLeave = (act) => (leave = act);

export function watchKeys(root) {
  root.addEventListener("keydown", onKey);
  watchLeaving();
}

// The key by the name the table has for it: "j", "J", "Mod+Enter", "Mod+Shift+Enter".
export function keyOf(event) {
  const { code, shiftKey } = event;
  let { key } = event;
  // On a layout without Latin letters: the letter or digit that stands there on others.
  const isForeign = /^[^\x00-\x7f]$/.test(key);
  if (isForeign) key = (/\p{Nd}/u.test(key) ? /^Digit(.)$/ : /^Key(.)$/).exec(code)?.[1] ?? key;
  if (/^[a-z]$/i.test(key) && (isForeign || event.getModifierState("CapsLock"))) key = shiftKey ? key.toUpperCase() : key.toLowerCase();
  return `${event.ctrlKey || event.metaKey ? "Mod+" : ""}${shiftKey && key.length > 1 ? "Shift+" : ""}${key}`;
}

export const isHeldBack = (event) =>
  event.defaultPrevented || event.isComposing || event.keyCode === 229 || event.altKey || event.getModifierState("AltGraph");

function onKey(event) {
  if (isHeldBack(event)) return;
  const field = event.target.closest?.(TEXT_FIELDS);
  if (event.key === "Escape") return void (leave(field) && event.preventDefault());
  const key = keyOf(event);
  if (field && (!key.startsWith("Mod+") || EDITS_TEXT.test(key))) return;
  if (key === "Enter" && event.target.closest?.(PRESSED_BY_THEMSELVES)) return;
  const element = elementFor(key, field);
  if (!element) return;
  event.preventDefault();
  if (event.repeat && !("repeats" in element.dataset)) return;
  const act = "whileTyping" in element.dataset ? null : acts.get(element.dataset.do)?.act;
  if (act) act(element, field, event);
  else press(element);
}

function elementFor(key, field) {
  const carriers = [...document.querySelectorAll(`[data-key~="${CSS.escape(key)}"]`)];
  const scopes = scopesAround(document.activeElement);
  const isInReach = (element) => [null, ...scopes].includes(scopeOf(element));
  const seen = carriers.filter((element) => isMeant(element, field) && isInReach(element) && !element.disabled && element.checkVisibility());
  const stop = active();
  return (
    seen.find((element) => field?.form && element.form === field.form) ??
    scopes.map((scope) => seen.find((element) => scopeOf(element) === scope)).find(Boolean) ??
    seen.find((element) => stop && stopOf(element) === stop) ??
    seen.find((element) => !stopOf(element)) ??
    carriers.find((element) => acts.get(element.dataset.do)?.anywhere)
  );
}

const isMeant = (element, field) => !("whileTyping" in element.dataset) || Boolean(field && element.form === field.form);

// What stands in a scope (data-scope) is meant only while the focus is in it, and then before everything around it.
const scopeOf = (element) => element.closest("[data-scope]");

function scopesAround(element) {
  const found = [];
  for (let scope = element && scopeOf(element); scope; scope = scope.parentElement?.closest("[data-scope]")) found.push(scope);
  return found;
}

export function press(element) {
  if (element.matches(TEXT_FIELDS)) {
    element.focus();
    element.select?.();
    return;
  }
  element.click();
  if (element.matches("summary")) (element.parentElement.querySelector(":scope[open] [data-focus]") ?? element).focus();
}

// On the way to another page, by a link or because the server says so: what is typed then is meant for that one, not a key of this.
// Whoever stays after all has the keys again.
function watchLeaving() {
  addEventListener("click", (event) => isFollowed(event) && leadsAway(event.target.closest("a").href) && hold());
  addEventListener("htmx:beforeOnLoad", ({ defaultPrevented, detail }) => {
    const path = defaultPrevented ? null : detail.xhr.getResponseHeader("HX-Redirect");
    if (path && leadsAway(new URL(path, location.href).href)) hold();
  });
}

function isFollowed({ target, defaultPrevented, ctrlKey, metaKey, shiftKey, altKey }) {
  const isHere = target.closest?.("a[href]:not([download], [target])")?.origin === location.origin;
  return isHere && !defaultPrevented && !ctrlKey && !metaKey && !shiftKey && !altKey;
}

function leadsAway(url) {
  const [page, part] = url.split("#");
  return part === undefined || page !== location.href.split("#")[0];
}

function hold() {
  addEventListener("keydown", ignore, true);
  addEventListener("pointerdown", release, true);
  addEventListener("pageshow", release);
  addEventListener("beforeunload", releaseIfAsked);
}

function release() {
  removeEventListener("keydown", ignore, true);
  removeEventListener("pointerdown", release, true);
  removeEventListener("pageshow", release);
  removeEventListener("beforeunload", releaseIfAsked);
}

const ignore = (event) => (event.key === "Escape" ? release() : event.stopPropagation());
// The browser asks whether to leave what is unsaved, and tells nobody the answer.
const releaseIfAsked = (event) => event.defaultPrevented && release();
