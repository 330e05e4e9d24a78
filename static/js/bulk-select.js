// Selecting rows of a list: by their boxes, by keys, by a range with Shift. The bar below says how many, with those on other pages
// of the list; without a script the boxes and the bar's buttons still work as the form they are.

import { chosenIn, forgetChosen, keepChosen } from "./bulk-chosen.js";
import { onAction, onLeave } from "./keys.js";

const boxes = () => [...document.querySelectorAll("#results .pick input[name=id]")];
const bar = () => document.getElementById("bulk");
const everything = () => bar()?.elements.everything;

let anchor = null; // where a range begins
let chosen = new Set(); // by hand, on any page of the list
let here = null; // the row one was on last: a button of the bar takes the focus away from it

const ACTS = {
  "next-row": ({ shiftKey }) => (shiftKey ? extend(1) : move(1)),
  "previous-row": ({ shiftKey }) => (shiftKey ? extend(-1) : move(-1)),
  "select-row": () => toggle(current() ?? boxes()[0]),
  "select-page": () => selectPage(),
  "clear-selection": () => clear(),
};

function selectRows() {
  document.addEventListener("change", onChange);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onEnter);
  document.addEventListener("htmx:afterSwap", restore);
  window.addEventListener("pageshow", restore); // the browser may bring boxes back as they were
  document.addEventListener("focusin", () => (here = focused() ?? here));
  // The bar shows their buttons only where there is room.
  for (const [name, act] of Object.entries(ACTS)) onAction(name, (element, field, event) => act(event), { anywhere: true });
  onLeave(leave);
  restore();
}

function restore() {
  const form = bar();
  if (!form) return;
  chosen = chosenIn(form);
  if (!everything()?.checked) for (const box of boxes()) box.checked = chosen.has(box.value);
  tell();
}

function remember() {
  for (const box of boxes()) {
    if (box.checked) chosen.add(box.value);
    else chosen.delete(box.value);
  }
  keepChosen(bar(), chosen);
}

function clear() {
  forgetChosen();
  chosen.clear();
  choose(boxes(), false);
}

// The row that has the focus, wherever in it that is.
const focused = () => boxes().find((box) => box.closest("tr").contains(document.activeElement));
const current = () => focused() ?? (here?.isConnected && bar().contains(document.activeElement) ? here : undefined);
const focusRow = (box) => box?.closest("tr").querySelector(".row-link").focus();

function move(by) {
  const rows = boxes();
  const at = rows.indexOf(current());
  focusRow(rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)]);
}

function toggle(box) {
  if (!box) return;
  if (!focused()) focusRow(box);
  choose([box], !box.checked);
  anchor = box;
}

function extend(by) {
  const from = current();
  if (!from) return move(by);
  choose([from], true);
  move(by);
  choose([current()], true);
  anchor = current();
}

function selectPage() {
  const rows = boxes();
  choose(rows, rows.some((box) => !box.checked));
}

function choose(rows, checked) {
  for (const box of rows) box.checked = checked;
  if (everything()) everything().checked = false;
  remember();
  tell();
}

function onChange({ target }) {
  if (target === everything()) return selectEverything(target.checked);
  if (target.matches(".pick input[data-page]")) selectPage();
  else if (target.matches(".pick input[name=id]")) choose([], true);
}

// All that pass is no selection by hand: it is over with the page it was ticked on.
function selectEverything(checked) {
  if (!checked) return clear();
  for (const box of boxes()) box.checked = true;
  tell();
}

function onClick({ target, shiftKey }) {
  const button = target.closest?.("#bulk [data-do]");
  if (button) return void ACTS[button.dataset.do]?.({ shiftKey });
  if (!target.matches?.(".pick input[name=id]")) return;
  const rows = boxes();
  const [from, to] = [rows.indexOf(anchor), rows.indexOf(target)];
  if (shiftKey && from >= 0) choose(rows.slice(Math.min(from, to), Math.max(from, to) + 1), target.checked);
  anchor = target;
}

// The form has many buttons. Enter in the reason means the one beside it, Enter on a box none.
function onEnter(event) {
  const { key, target, isComposing, ctrlKey, metaKey } = event;
  if (key !== "Enter" || isComposing || ctrlKey || metaKey || !target.matches?.("#bulk-reason, .pick input, #bulk input[type=checkbox]")) return;
  event.preventDefault();
  if (target.id === "bulk-reason") target.parentElement.querySelector("button").click();
}

function tell() {
  const form = bar();
  if (!form) return;
  const rows = boxes();
  const ticked = rows.filter((box) => box.checked).length;
  const all = everything()?.checked;
  const elsewhere = [...chosen].filter((id) => !rows.some((box) => box.value === id));
  const count = all ? everything().dataset.count : ticked + elsewhere.length;
  const others = elsewhere.length && !all ? `, ${elsewhere.length} on other pages` : "";
  document.getElementById("bulk-count").value = count ? `${count} selected${others}` : "None selected";
  form.elements.elsewhere.value = elsewhere.join(" ");
  form.toggleAttribute("data-any", Boolean(count));
  const page = document.querySelector(".pick input[data-page]");
  if (!page) return;
  page.checked = ticked > 0 && ticked === rows.length;
  page.indeterminate = ticked > 0 && ticked < rows.length;
}

function leave(field) {
  const panel = document.querySelector(".bulk-panel[open]");
  if (field) field.blur();
  else if (panel) {
    panel.open = false;
    panel.querySelector("summary").focus();
  }
  return Boolean(field || panel);
}

selectRows();
