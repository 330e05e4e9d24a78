// The argument form. The JSON in the editor's text area is what is saved; the form edits it in place, one value at a time,
// and is drawn anew by the server when its shape changes. The server's schema has the word on what is wrong.

import { add, find, isNumber, parse, parses, put, swap, take } from "./json-text.js";
import { fieldAt, pathOf, rememberPlaces, restorePlaces, reveal, toggleFold, written } from "./argument-places.js";
import { goTo, place } from "./argument-problems.js";
import { filter } from "./argument-filter.js";

const WAIT_MS = 300;
const states = new WeakMap();

export function watchArguments(page) {
  page.addEventListener("input", ({ target }) => within(target, onInput));
  page.addEventListener("change", ({ target }) => within(target, onChange));
  page.addEventListener("click", ({ target }) => within(target, onClick));
  page.addEventListener("keydown", onKey);
  // A draft that was put back, or taken back: the form follows.
  page.addEventListener("review:filled", ({ target }) => {
    const editor = target.querySelector("[data-arguments]");
    if (editor) redraw(editor);
  });
}

function within(target, act) {
  const editor = target.closest?.("[data-arguments]");
  if (editor) act(editor, target);
}

const rawOf = (editor) => editor.querySelector("textarea[name=text]");

function stateOf(editor) {
  if (!states.has(editor)) states.set(editor, { timer: 0, choices: {}, tool: originalTool(editor), texts: new Map(), broken: null });
  return states.get(editor);
}

const originalTool = (editor) => editor.querySelector("select[name=tool] option[selected]")?.value ?? "";

function onInput(editor, target) {
  if (target === rawOf(editor)) return void (stateOf(editor).isWriting || later(editor, redraw));
  if (target.matches("[data-filter]")) return void filter(editor, target.value);
  if (!target.matches("[data-set]") || target.matches("select")) return;
  const path = pathOf(target);
  if (target.dataset.set === "json") return void typeJson(editor, target, path);
  setValue(editor, target, path);
}

function setValue(editor, target, path) {
  const { value } = target;
  const isBlank = value.trim() === "" && (target.dataset.set !== "text" || target.type === "date");
  if (isBlank && typeof path.at(-1) === "string") return void takeOut(editor, target, path);
  const json = target.dataset.set === "number" && isNumber(value.trim()) ? value.trim() : JSON.stringify(value);
  change(editor, (text) => put(text, path, target.dataset.set === "choice" ? value : json));
  mark(target, true);
  later(editor, check);
}

function takeOut(editor, target, path) {
  change(editor, (text) => take(text, path));
  mark(target, false);
  later(editor, check);
}

function mark(element, isGiven) {
  const field = element.closest(".argument");
  field.classList.toggle("is-absent", !isGiven);
  const box = field.querySelector(":scope > .argument-head [data-given]");
  if (box) box.checked = isGiven;
  const offer = field.querySelector(":scope > .argument-about [data-default]");
  if (offer) offer.hidden = isGiven;
}

// JSON that does not parse yet stands in the text as it is typed, so that nothing of it is lost; the other fields wait.
function typeJson(editor, target, path) {
  const state = stateOf(editor);
  const raw = rawOf(editor);
  let span = state.broken?.target === target ? state.broken : null;
  if (!span) {
    const node = parses(raw.value) && find(parse(raw.value), path);
    if (!node && target.value.trim() === "") return;
    if (!node) change(editor, (text) => put(text, path, "null"));
    const { start, end } = find(parse(raw.value), path);
    span = { target, start, end };
  }
  const text = raw.value.slice(0, span.start) + target.value + raw.value.slice(span.end);
  const isWhole = parses(target.value);
  state.broken = isWhole ? null : { target, start: span.start, end: span.start + target.value.length };
  write(editor, text);
  mark(target, true);
  block(editor, isWhole ? null : target);
  if (isWhole) return void later(editor, check);
  clearTimeout(state.timer);
  place(editor, [{ pointer: "", message: "The other fields wait until this JSON is complete." }]);
  target.setAttribute("aria-invalid", "true");
}

function block(editor, except) {
  const isBlocked = Boolean(except) || !parses(rawOf(editor).value);
  for (const part of editor.querySelectorAll("[data-form] :is(input, select, textarea, button)")) part.disabled = isBlocked && part !== except;
}

function onChange(editor, target) {
  if (target.matches("select[name=tool]")) return changeTool(editor, target);
  if (target.matches("select[data-set]")) {
    const path = pathOf(target);
    if (target.value === "") takeOut(editor, target, path);
    else setValue(editor, target, path);
  } else if (target.matches("[data-given]")) give(editor, target);
  else if (target.matches("[data-choose]")) choose(editor, target);
}

function give(editor, box) {
  const field = box.closest(".argument");
  const path = pathOf(field);
  const input = field.querySelector(":scope > .argument-input");
  if (box.checked) {
    const typed = input?.dataset.set === "text" && input.value ? JSON.stringify(input.value) : field.dataset.starter;
    change(editor, (text) => put(text, path, typed));
    if (!input) return redraw(editor, { reveal: path });
    if (input.dataset.set !== "text") input.value = typed;
    mark(input, true);
    input.focus();
  } else {
    change(editor, (text) => take(text, path));
    if (!input) return redraw(editor);
    input.value = "";
    mark(input, false);
  }
  later(editor, check);
}

function choose(editor, select) {
  const option = select.selectedOptions[0];
  if (option.dataset.json === undefined) return;
  const path = pathOf(select);
  if (select.dataset.choose) stateOf(editor).choices[select.dataset.choose] = Number(select.value);
  change(editor, (text) => put(text, path, option.dataset.json));
  redraw(editor);
}

function changeTool(editor, select) {
  const state = stateOf(editor);
  const was = state.tool;
  state.texts.set(was, rawOf(editor).value);
  state.tool = select.value;
  state.choices = {};
  const before = state.texts.get(select.value);
  if (before !== undefined) write(editor, before);
  redraw(editor, before === undefined ? { was } : {});
}

function onClick(editor, target) {
  const button = target.closest("button");
  if (!button) return;
  if (button.matches("[data-switch]")) switchTo(editor, button.value);
  else if (button.matches("[data-fold]")) toggleFold(button);
  else if (button.matches("[data-goto]")) goTo(editor, button);
  else if (button.matches("[data-add]")) addItem(editor, button, Infinity);
  else if (button.matches("[data-add-key]")) addKey(editor, button);
  else if (button.matches("[data-move]")) moveItem(editor, button.closest("[data-item]"), Number(button.dataset.move));
  else if (button.matches("[data-take]")) removeOne(editor, button.closest(".argument"));
  else if (button.matches("[data-default]")) useDefault(editor, button);
}

function addItem(editor, button, after) {
  const path = pathOf(button);
  const { length } = find(parse(rawOf(editor).value), path).items;
  const index = Math.min(after + 1, length);
  change(editor, (text) => add(text, path, index, button.dataset.add));
  redraw(editor, { reveal: [...path, index] });
}

function addKey(editor, button) {
  const input = button.parentElement.querySelector("[data-new-key]");
  const path = [...pathOf(button), input.value];
  if (!fieldAt(editor, path)) change(editor, (text) => put(text, path, button.dataset.addKey));
  input.value = "";
  redraw(editor, { reveal: path });
}

function moveItem(editor, item, by) {
  const path = pathOf(item);
  const [list, index] = [path.slice(0, -1), path.at(-1)];
  const { length } = find(parse(rawOf(editor).value), list).items;
  const to = index + by;
  if (to < 0 || to >= length) return;
  change(editor, (text) => swap(text, list, index, to));
  redraw(editor, { moved: [[...list, index], [...list, to]] });
}

function removeOne(editor, field) {
  const path = pathOf(field);
  const next = typeof path.at(-1) === "number" ? [...path.slice(0, -1), Math.max(0, path.at(-1) - (field.nextElementSibling?.matches("[data-item]") ? 0 : 1))] : path.slice(0, -1);
  change(editor, (text) => take(text, path));
  redraw(editor, { reveal: next, orElse: path.slice(0, -1) });
}

function useDefault(editor, button) {
  const path = pathOf(button);
  change(editor, (text) => put(text, path, button.dataset.default));
  redraw(editor, { reveal: path });
}

// Alt with an arrow moves the item one is in, Alt+Delete takes it out, Alt+Enter adds one after it.
function onKey(event) {
  const { key, target } = event;
  const editor = target.closest?.("[data-arguments]");
  if (!editor || event.isComposing || event.defaultPrevented || event.ctrlKey || event.metaKey) return;
  const done = event.altKey ? onAlt(editor, key, target) : key === "Enter" && onEnter(editor, target);
  if (done) event.preventDefault();
}

function onAlt(editor, key, target) {
  const item = target.closest("[data-item]");
  const out = target.closest("[data-removable]");
  const by = { ArrowUp: -1, ArrowDown: 1 }[key];
  if (by && item) return moveItem(editor, item, by), true;
  if (key === "Delete" && out) return removeOne(editor, out), true;
  if (key === "Enter") return addHere(editor, target, item), true;
  return false;
}

function onEnter(editor, target) {
  if (target.matches("[data-new-key]")) return addKey(editor, target.parentElement.querySelector("[data-add-key]")), true;
  if (!target.matches("[data-filter]")) return false;
  const found = [...editor.querySelectorAll("[data-form] .argument-input")].find((input) => input.checkVisibility());
  found?.focus();
  return true;
}

function addHere(editor, target, item) {
  const list = target.closest(".argument-list") ?? item;
  const button = list?.querySelector(":scope > .argument-inner > .argument-foot > [data-add]");
  if (button) addItem(editor, button, item?.parentElement === button.closest(".argument-inner") ? pathOf(item).at(-1) : Infinity);
}

function switchTo(editor, mode) {
  editor.dataset.mode = mode;
  editor.closest("form").elements.kind.value = mode;
  for (const button of editor.querySelectorAll("[data-switch]")) button.setAttribute("aria-pressed", String(button.value === mode));
  if (mode === "raw") rawOf(editor).focus();
  else editor.querySelector("[data-form] .argument-input:not(:disabled)")?.focus();
  redraw(editor);
}

// One change of the text. While the text does not parse there is nothing to change: the form waits.
function change(editor, edit) {
  try {
    write(editor, edit(rawOf(editor).value));
  } catch (error) {
    place(editor, [{ pointer: "", message: error.message }]);
  }
}

function write(editor, text) {
  const raw = rawOf(editor);
  if (raw.value === text) return;
  const state = stateOf(editor);
  state.isWriting = true;
  raw.value = text;
  raw.dispatchEvent(new Event("input", { bubbles: true }));
  state.isWriting = false;
}

function later(editor, act) {
  const state = stateOf(editor);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => editor.isConnected && act(editor), WAIT_MS);
}

async function check(editor) {
  if (stateOf(editor).isStale) return redraw(editor);
  const answer = await ask(editor, editor.dataset.check);
  if (answer) place(editor, (await answer.json()).violations);
}

async function redraw(editor, options = {}) {
  const state = stateOf(editor);
  clearTimeout(state.timer);
  state.isStale = true;
  const text = rawOf(editor).value;
  const answer = await ask(editor, editor.dataset.fields, { was: options.was ?? "" });
  if (!answer) return;
  if (text !== rawOf(editor).value) return redraw(editor, options);
  if (answer.status === 422) {
    place(editor, (await answer.json()).violations);
    return block(editor, state.broken?.target);
  }
  state.isStale = false;
  show(editor, new DOMParser().parseFromString(await answer.text(), "text/html"), options);
}

function show(editor, fresh, { reveal: path, orElse, moved }) {
  const places = rememberPlaces(editor);
  if (moved) trade(places, moved);
  for (const part of ["[data-problems]", "[data-form]"]) editor.querySelector(part).replaceWith(document.adoptNode(fresh.querySelector(part)));
  const form = editor.querySelector("[data-form]");
  stateOf(editor).broken = null;
  restorePlaces(editor, places);
  if (form.dataset.text !== undefined) write(editor, form.dataset.text);
  filter(editor, editor.querySelector("[data-filter]")?.value ?? "");
  const target = path && (fieldAt(editor, path) ?? (orElse && fieldAt(editor, orElse)));
  if (target) reveal(target);
}

// Folds and focus go with an item that moved.
function trade({ folds, focus }, [from, to]) {
  const [one, other] = [written(from), written(to)].map((path) => path.slice(0, -1));
  const swapped = (text) => {
    for (const [old, fresh] of [[one, other], [other, one]]) if (text.startsWith(old) && /[\],]/.test(text[old.length])) return fresh + text.slice(old.length);
    return text;
  };
  const entries = [...folds].map(([name, open]) => [name.replace(/\[.*$/s, swapped), open]);
  folds.clear();
  for (const [name, open] of entries) folds.set(name, open);
  if (focus) focus.path = swapped(focus.path);
}

// Ask the server about the text as it stands. Nothing comes of an answer that a later question has overtaken.
async function ask(editor, url, more = {}) {
  const state = stateOf(editor);
  const number = (state.asked = (state.asked ?? 0) + 1);
  const text = rawOf(editor).value;
  const body = new FormData(editor.closest("form"));
  body.set("text", text);
  body.set("choices", JSON.stringify(state.choices));
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  const status = editor.querySelector("[data-status]");
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (!editor.isConnected || number !== state.asked) return null;
    const isGood = (answer.ok || answer.status === 422) && !answer.redirected;
    status.textContent = isGood ? "" : "Not checked";
    return isGood && (text === rawOf(editor).value || url === editor.dataset.fields) ? answer : null;
  } catch {
    status.textContent = "Not checked: the studio can't be reached";
    return null;
  }
}
