// Drafts: every keystroke in a form that changes the conversation is kept in this browser until it was saved.
// A draft is keyed by user, conversation, part and tab, so that two tabs don't write over each other's. It knows the version it was
// typed on and where its part stood then; a part is found again by its anchor (a call id), wherever it stands now. What was cancelled is
// put aside: it comes back when its part is edited again, and never by itself.

import { tab } from "./tabs.js";

const REFUSED = 422;
const root = () => document.getElementById("review").dataset;
const prefix = () => `tracewright.draft:${root().user}:${root().pid}:`;
const keyOf = (form) => `${prefix()}${form.dataset.draft}:${tab()}`;
const restored = new WeakSet();
const adopted = new WeakMap();
const sent = new WeakMap();
const typedSince = new Map();
const typedOn = new WeakSet();
let isUnkept = false;
let isReopening = false;

export function keepDrafts(page) {
  page.addEventListener("input", ({ target, isTrusted }) => {
    const form = target.form ?? target.closest("form");
    if (!form?.matches("[data-draft]")) return;
    // A form's scripts write into it as well.
    if (isTrusted) typedOn.add(form);
    if (isDirty(form)) keep(form);
    else forget(form);
  });
  page.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-forget], [data-drop]");
    if (button?.matches("[data-forget]")) startOver(button.form);
    else if (button) forget(button.closest("form"));
    // The button hides itself with its note.
    if (button?.matches("[data-forget]:not([data-cancel])")) [...button.form.elements].find((field) => kept(field) && field.checkVisibility())?.focus();
  });
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const form = formOf(detail.elt);
    if (!form || detail.requestConfig.verb !== "post") return;
    keep(form);
    sent.set(form, snapshot(form));
    typedOn.delete(form);
  });
  // Before the answer is put into the page, which may open every draft there is.
  document.addEventListener("htmx:beforeOnLoad", ({ defaultPrevented, detail }) => {
    const { elt, verb } = detail.requestConfig;
    const form = formOf(elt);
    if (!form || defaultPrevented) return;
    // A form that is refused comes back as it was sent.
    if (detail.xhr.status === REFUSED && sent.get(form) !== snapshot(form)) typedSince.set(keyOf(form), JSON.parse(snapshot(form)));
    if (!isSaved(detail.xhr)) return;
    if (verb === "post") keepTypedOn(form) || forget(form);
    else if (elt.matches("[data-cancel]")) putAside(form);
  });
  document.addEventListener("htmx:afterSwap", () => {
    page.querySelectorAll("form[data-draft]").forEach(restore);
    if (isReopening) reopenDrafts();
    isReopening = false;
  });
  page.querySelectorAll("form[data-draft]").forEach(restore);
  // What is kept survives leaving the page; only what this browser would not keep is worth a question.
  addEventListener("beforeunload", (event) => {
    if (isUnkept && [...document.querySelectorAll("form[data-draft]")].some(isDirty)) event.preventDefault();
  });
}

// Every part with a draft that was not put aside gets its editor back; drafts whose part is gone are returned.
export function reopenDrafts() {
  const lost = [];
  const opening = new Set();
  for (const [key, draft] of drafts()) {
    if (!draft.open) continue;
    const part = partOf(draft);
    // A form that stands outside of all parts (that of a branch) has a place of its own.
    const isPlace = draft.tail || draft.anchor === undefined;
    const target = part && (isPlace ? part : part.querySelector("[data-slot]"));
    if (!target) lost.push([key, draft]);
    else if (!draft.aside && !opening.has(target) && !target.querySelector("form.editor")) {
      opening.add(target);
      const url = draft.tail ? part.dataset.url.replace(/show\/$/, draft.tail) : draft.open;
      htmx.ajax("GET", url, { target, swap: "outerHTML", source: target }).catch(() => key);
    }
  }
  return lost;
}

export const isDirty = (form) => form.matches("[data-unsaved]") || snapshot(form) !== snapshot(form, original);
export const dirtyEditors = () => [...document.querySelectorAll("form.editor[data-draft]")].filter(isDirty);
export const formOf = (element) => [element?.closest?.("form"), element?.form].find((form) => form?.matches("[data-draft]")) ?? null;
export const isLogin = (xhr) => xhr.getResponseHeader("HX-Redirect")?.startsWith(root().login) ?? false;
const isSaved = (xhr) => xhr.status === 200 && !isLogin(xhr);
export const textOf = (form) => snapshot(form);
export const draftOf = (form) => read(adopted.get(form) ?? keyOf(form));
export const draftNames = () => drafts().map(([, draft]) => draft.draft);
export const forgetKey = (key) => attempt(() => localStorage.removeItem(key));

// Keep what is typed, with what else is to be known of it when the page is loaded anew.
export function keep(form, more = {}) {
  const { draft, version, open = "", target } = form.dataset;
  const part = form.closest("[data-part]");
  const at = part?.dataset.url.replace(/show\/$/, "");
  const value = {
    ...pick(read(keyOf(form)), ["key", "keyed"]),
    draft,
    open,
    target,
    anchor: part?.dataset.anchor,
    tail: at && open.startsWith(at) ? open.slice(at.length) : "",
    version: form.querySelector("[data-base]")?.value ?? version,
    part: form.querySelector("[data-base-part]")?.value,
    label: form.getAttribute("aria-label"),
    at: Date.now(),
    fields: JSON.parse(snapshot(form)),
    ...more,
  };
  isUnkept = !attempt(() => localStorage.setItem(keyOf(form), JSON.stringify(value)));
  if (isUnkept) tell(form, "This browser's storage is full or closed: what you type is not kept through a reload.");
}

export function restore(form) {
  if (restored.has(form)) return;
  restored.add(form);
  if (form.matches("[data-unsaved]")) return void keepRefused(form);
  const [found, ...others] = drafts()
    .filter(([, draft]) => draft.draft === form.dataset.draft)
    .sort(([one, a], [other, b]) => (other === keyOf(form)) - (one === keyOf(form)) || b.at - a.at);
  if (!found) return;
  const [key, draft] = found;
  fill(form, draft.fields);
  if (draft.version && draft.version !== form.dataset.version) {
    put(form, "[data-base]", draft.version);
    if (draft.part) put(form, "[data-base-part]", draft.part);
  }
  if (!isDirty(form)) return void forgetKey(key);
  if (key !== keyOf(form)) adopted.set(form, key);
  if (draft.aside) attempt(() => localStorage.setItem(key, JSON.stringify({ ...draft, aside: false })));
  const fold = form.closest("details");
  if (fold) fold.open = true;
  const older = draft.version && draft.version !== form.dataset.version ? ` on version ${draft.version}` : "";
  const more = others.length ? " Another text of this part, typed in another tab, is kept as well." : "";
  tell(form, `What you typed${older} before was restored.${more}`);
  form.dispatchEvent(new CustomEvent("review:restored", { bubbles: true, detail: draft }));
}

function keepRefused(form) {
  const typed = typedSince.get(keyOf(form));
  typedSince.delete(keyOf(form));
  if (typed) fill(form, typed);
  keep(form);
}

// What was typed while the save was under way is no part of it: its editor opens again, on the version that was saved.
function keepTypedOn(form) {
  if (!form.matches(".editor, .comment-form") || !typedOn.has(form) || sent.get(form) === snapshot(form)) return false;
  keep(form, { version: "", part: undefined, key: undefined, keyed: undefined, waits: "" });
  return (isReopening = true);
}

function startOver(form) {
  forget(form);
  fill(form, JSON.parse(snapshot(form, original)));
  tell(form, "");
  put(form, "[data-base]", form.dataset.version);
  put(form, "[data-base-part]", form.querySelector("[data-base-part]")?.defaultValue);
}

function forget(form) {
  forgetKey(keyOf(form));
  // Another tab may go on typing in what was taken from it; what it had then is settled here.
  const key = adopted.get(form);
  if (key) forgetKey(key);
}

// Also what was taken from another tab, which may be long gone. A save that waits is not sent any more.
function putAside(form) {
  for (const key of [keyOf(form), adopted.get(form)]) {
    const draft = key && read(key);
    if (draft?.fields) attempt(() => localStorage.setItem(key, JSON.stringify({ ...draft, waits: "", aside: true })));
  }
}

function put(form, what, value) {
  const field = form.querySelector(what);
  if (field) field.value = value;
}

function tell(form, text) {
  const note = form.querySelector("[data-draft-note]");
  if (!note) return;
  note.hidden = !text;
  note.querySelector("span").textContent = text;
}

function partOf({ anchor, target }) {
  if (anchor === undefined) return document.getElementById(target);
  return [...document.querySelectorAll("[data-part]")].find((part) => part.dataset.anchor === anchor);
}

const kept = (field) => field.name && field.type !== "hidden" && field.type !== "submit";

function snapshot(form, valueOf = current) {
  const fields = [...form.elements].filter(kept);
  return JSON.stringify(fields.map((field) => [field.name, field.type === "radio" ? field.value : "", valueOf(field)]));
}

const isChoice = (field) => field.type === "checkbox" || field.type === "radio";
const current = (field) => (isChoice(field) ? field.checked : field.value);

// What the server sent, however early somebody types.
function original(field) {
  if (isChoice(field)) return field.defaultChecked;
  if (!field.options) return field.defaultValue.replace(/\r\n?/g, "\n");
  return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value ?? "";
}

function fill(form, values) {
  for (const [name, choice, value] of values) {
    const field = [...form.elements].find((one) => one.name === name && kept(one) && (!choice || one.value === choice));
    if (!field) continue;
    if (typeof value === "boolean") field.checked = value;
    else field.value = value;
  }
  form.dispatchEvent(new Event("review:filled", { bubbles: true }));
}

function drafts() {
  const found = [];
  attempt(() => {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefix())) found.push([key, read(key)]);
  });
  return found.filter(([, draft]) => draft.fields);
}

function read(key) {
  let value = {};
  attempt(() => (value = JSON.parse(localStorage.getItem(key)) ?? {}));
  return value;
}

const pick = (from, names) => Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));

function attempt(act) {
  try {
    act();
    return true;
  } catch {
    return false; // private windows and full ones refuse storage
  }
}
