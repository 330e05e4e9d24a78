// Saves that can't be sent, because the studio can't be reached or one was logged out: they are kept, the form says so, and they are
// sent again by themselves. Each carries a key, so that one whose answer was lost counts once.

import { draftOf, dirtyEditors, formOf, isDirty, isLogin, keep, textOf } from "./review-drafts.js";
import { random } from "./tabs.js";

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
const GATEWAY = [502, 503, 504];
const WORDS = {
  unreachable: "The studio can't be reached. What you typed is kept in this browser and is sent as soon as it answers.",
  changed: "The studio can't be reached. What you typed since is kept in this browser; save when it answers again.",
  back: "The studio answers again. What you typed since was not saved yet.",
  loggedOut: "You were logged out. What you typed is kept; log in, and it is sent from here.",
  unsent: "You were logged out. What you type is kept; log in before you save.",
  other: "Somebody else is logged in now. Log in as yourself to save this.",
};

const waiting = new Map();
const keys = new WeakMap();
const renewed = new WeakSet();
let timer = 0;
let delay = FIRST_MS;

export function watchSaves(root) {
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.verb === "post") detail.parameters.key = keyFor(detail.elt, detail.path);
  });
  document.addEventListener("htmx:sendError", ({ detail }) => hold(detail.elt, "unreachable", detail));
  document.addEventListener("htmx:afterRequest", ({ detail }) => onAnswer(detail));
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (isLogin(event.detail.xhr)) onLoggedOut(event);
    else if (event.detail.xhr.status === 403) onForbidden(event, root);
  });
  root.addEventListener("review:restored", ({ target, detail }) => {
    if (detail.waits) wait(target, detail.waits, detail.submitter, 0);
  });
  root.addEventListener("input", ({ target }) => {
    const form = target.form ?? target.closest("form");
    if (waiting.get(form)?.why === "unreachable") show(form, "changed");
  });
  root.addEventListener("click", ({ target }) => target.closest("[data-send-now]") && tryAgain(root));
  const now = () => waiting.size && tryAgain(root);
  addEventListener("online", now);
  addEventListener("focus", now);
  document.addEventListener("visibilitychange", () => document.hidden || now());
  document.addEventListener("review:due", now);
}

// The same text has the same key however often it is sent; another text is another save.
function keyFor(element, path) {
  const form = formOf(element);
  const sent = form ? `${path} ${textOf(form)}` : path;
  const known = keys.get(form ?? element) ?? (form && draftOf(form)) ?? {};
  if (known.keyed === sent) return known.key;
  const fresh = { key: random(), keyed: sent };
  keys.set(form ?? element, fresh);
  if (form) keep(form, fresh);
  return fresh.key;
}

function onAnswer({ elt, xhr, requestConfig }) {
  const element = requestConfig?.elt ?? elt;
  if (GATEWAY.includes(xhr.status)) return void hold(element, "unreachable", { requestConfig });
  if (!xhr.status || isLogin(xhr)) return;
  const form = formOf(element);
  if (xhr.status === 200) keys.delete(form ?? element);
  if (!form || requestConfig?.verb !== "post") return;
  if (xhr.status === 200) renewed.delete(form);
  settle(form);
}

// Logged in again meanwhile: the page's token is an old one, so once it is tried with the present one.
function onForbidden(event, root) {
  const { requestConfig } = event.detail;
  const form = savedBy(requestConfig?.elt);
  if (!form || requestConfig.verb !== "post" || renewed.has(form)) return;
  renewed.add(form);
  event.preventDefault();
  void renewToken(root).then((state) => (state === "there" ? send(form) : hold(form, state, { requestConfig })));
}

// Forms without such a note (a decision, say) are not sent behind one's back: their text is kept, and one presses again.
const savedBy = (element) => (formOf(element)?.querySelector("[data-waiting-note]") ? formOf(element) : null);

function hold(element, why, { requestConfig } = {}) {
  const form = savedBy(element);
  if (!form || requestConfig?.verb !== "post") return;
  const submitter = requestConfig.triggeringEvent?.submitter?.name ?? waiting.get(form)?.submitter;
  wait(form, why, submitter, delay);
}

function wait(form, why, submitter, ms) {
  if (isDirty(form)) keep(form, { waits: why, submitter });
  waiting.set(form, { why, submitter, text: textOf(form) });
  show(form, why);
  schedule(ms);
}

function settle(form) {
  waiting.delete(form);
  show(form, "");
  delay = FIRST_MS;
}

function schedule(ms) {
  clearTimeout(timer);
  timer = setTimeout(() => document.dispatchEvent(new Event("review:due")), ms);
}

async function tryAgain(root) {
  for (const form of waiting.keys()) if (!form.isConnected) waiting.delete(form);
  if (!waiting.size) return;
  const state = await renewToken(root);
  if (state !== "there") {
    for (const [form, { why, text }] of waiting) {
      if (state !== "unreachable") show(form, state === "loggedOut" && why === "unsent" ? why : state);
      else if (text !== textOf(form)) show(form, "changed");
    }
    delay = Math.min(delay * 2, LONGEST_MS);
    return schedule(delay * (0.8 + 0.4 * Math.random()));
  }
  for (const [form, { why, text }] of [...waiting]) {
    if (why === "unsent") settle(form);
    else if (why === "unreachable" && text !== textOf(form)) {
      settle(form);
      show(form, "back");
      keep(form, { waits: "" });
    } else send(form);
  }
}

function send(form) {
  const name = waiting.get(form)?.submitter;
  const button = name ? form.querySelector(`button[name="${CSS.escape(name)}"]`) : form.querySelector('[data-do="save"]');
  form.requestSubmit(button);
}

// Is the studio there, and are we still logged in? A login brings another token, which every form of the page needs.
async function renewToken(root) {
  try {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    if (answer.redirected) return "loggedOut";
    if (!answer.ok) return "unreachable";
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.getElementById("review")?.dataset.user !== root.dataset.user) return "other";
    document.body.setAttribute("hx-headers", page.body.getAttribute("hx-headers"));
    const token = page.querySelector("[name=csrfmiddlewaretoken]").value;
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    return "there";
  } catch {
    return "unreachable";
  }
}

// To go to the login now would take the page from under what is typed.
function onLoggedOut(event) {
  const { requestConfig } = event.detail;
  const form = savedBy(requestConfig.elt);
  const unsaved = dirtyEditors();
  if (!form && !unsaved.length) return;
  event.preventDefault();
  if (form && requestConfig.verb === "post") hold(form, "loggedOut", { requestConfig });
  for (const other of unsaved) if (!waiting.has(other)) wait(other, "unsent", "", delay);
}

function show(form, why) {
  const note = form.querySelector("[data-waiting-note]");
  if (!note) return;
  note.hidden = !why;
  note.querySelector("span").textContent = WORDS[why] ?? "";
  note.querySelector("[data-log-in]").hidden = !["loggedOut", "unsent", "other"].includes(why);
  note.querySelector("[data-send-now]").hidden = why === "back";
}
