// @mentions: a list of names below the text, as in the combobox pattern of WAI-ARIA: arrows choose, Enter or Tab take, Escape closes.
// The field is a combobox only while the list is open; at other times it is the plain text area it looks like.

const AT_WORD = /(?<![\w@.+-])@([\w@.+-]*)$/;
const SHOWN = 8;
const names = new Map();
let open = null;

export function watchMentions(root) {
  root.addEventListener("input", ({ target }) => target.matches("[data-mentions]") && suggest(target));
  root.addEventListener("keydown", onKey);
  root.addEventListener("focusout", ({ target }) => open?.field === target && close());
  root.addEventListener("pointerdown", (event) => {
    const option = event.target.closest(".mention-list [role=option]");
    if (!option) return;
    event.preventDefault(); // the field keeps the focus
    take(option.textContent);
  });
}

async function suggest(field) {
  const word = AT_WORD.exec(field.value.slice(0, field.selectionStart))?.[1];
  if (word === undefined) return close();
  const known = await people(field.dataset.mentions);
  if (document.activeElement !== field || AT_WORD.exec(field.value.slice(0, field.selectionStart))?.[1] !== word) return;
  const fitting = known.filter((name) => name.toLowerCase().includes(word.toLowerCase()));
  const first = (name) => Number(!name.toLowerCase().startsWith(word.toLowerCase()));
  const shown = fitting.sort((one, other) => first(one) - first(other)).slice(0, SHOWN);
  if (!shown.length || (shown.length === 1 && shown[0] === word)) return close();
  show(field, word, shown);
}

function people(url) {
  if (!names.has(url)) {
    const asked = fetch(url).then((response) => (response.ok ? response.json() : { names: [] }));
    names.set(url, asked.then((answer) => answer.names).catch(() => (names.delete(url), [])));
  }
  return names.get(url);
}

function show(field, word, shown) {
  close();
  const list = document.createElement("ul");
  list.className = "mention-list";
  list.id = `${field.id}-people`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People to mention");
  list.append(
    ...shown.map((name, number) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${number}`;
      option.setAttribute("role", "option");
      option.textContent = name;
      return option;
    }),
  );
  field.after(list);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "true");
  field.setAttribute("aria-controls", list.id);
  open = { field, word, list, at: 0 };
  choose(0);
}

function choose(at) {
  const options = [...open.list.children];
  open.at = (at + options.length) % options.length;
  for (const [number, option] of options.entries()) option.setAttribute("aria-selected", String(number === open.at));
  open.field.setAttribute("aria-activedescendant", options[open.at].id);
  options[open.at].scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  if (!open || event.target !== open.field || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const does = { ArrowDown: () => choose(open.at + 1), ArrowUp: () => choose(open.at - 1), Escape: close };
  does.Enter = does.Tab = () => take(open.list.children[open.at].textContent);
  if (!does[event.key] || (event.key === "Tab" && event.shiftKey)) return;
  event.preventDefault();
  does[event.key]();
}

function take(name) {
  const { field, word } = open;
  const end = field.selectionStart;
  field.setRangeText(`@${name} `, end - word.length - 1, end, "end");
  close();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function close() {
  if (!open) return;
  open.list.remove();
  for (const name of ["role", "aria-autocomplete", "aria-expanded", "aria-controls", "aria-activedescendant"]) open.field.removeAttribute(name);
  open = null;
}
