// A text of JSON edited in place: where each value stands, and changes that leave every other character as it was.
// As strict as the server: a key that stands twice is refused, and nothing is nested without end.

const SPACE = /[ \t\n\r]*/y;
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const DEEPEST = 500;

// Nodes: { kind, start, end, members: [{ key, start, node }] } or { ..., items: [node] }. Throws an Error that says where.
export function parse(text) {
  const at = { text, place: 0 };
  skip(at);
  const node = readValue(at, 0);
  skip(at);
  if (at.place < text.length) fail(at, "something follows the end");
  return node;
}

export const parses = (text) => {
  try {
    return Boolean(parse(text));
  } catch {
    return false;
  }
};

export const isNumber = (text) => (NUMBER.lastIndex = 0, NUMBER.exec(text)?.[0].length === text.length && text !== "");

export function find(node, path) {
  let found = node;
  for (const part of path) {
    found = typeof part === "number" ? found?.items?.[part] : found?.members?.find((member) => member.key === part)?.node;
  }
  return found;
}

// The text with this value at the path; in an object that lacks the key, at its end.
export function put(text, path, json) {
  const root = parse(text);
  const node = find(root, path);
  if (node) return splice(text, node.start, node.end, indented(json, indentAt(text, node.start)));
  const parent = find(root, path.slice(0, -1));
  if (parent?.kind !== "object") throw new Error("There is no such place.");
  return insert(text, parent, parent.members, parent.members.length, `${JSON.stringify(path.at(-1))}: `, json);
}

// The text with a new item of the list at this index.
export function add(text, path, index, json) {
  const list = find(parse(text), path);
  if (list?.kind !== "array") throw new Error("There is no such list.");
  return insert(text, list, list.items, index, "", json);
}

// The text without the member or item at the path.
export function take(text, path) {
  const parent = find(parse(text), path.slice(0, -1));
  const parts = parent?.members ?? parent?.items ?? [];
  const index = parent?.members ? parts.findIndex((member) => member.key === path.at(-1)) : path.at(-1);
  if (index < 0 || index >= parts.length) return text;
  if (parts.length === 1) return splice(text, parent.start + 1, parent.end - 1, "");
  return index ? splice(text, endOf(parts[index - 1]), endOf(parts[index]), "") : splice(text, parts[0].start, parts[1].start, "");
}

// The text with two items of a list in each other's place.
export function swap(text, path, one, other) {
  const items = find(parse(text), path)?.items ?? [];
  const [first, second] = [items[Math.min(one, other)], items[Math.max(one, other)]];
  if (!first || !second || one === other) return text;
  const [former, latter] = [text.slice(first.start, first.end), text.slice(second.start, second.end)];
  return text.slice(0, first.start) + latter + text.slice(first.end, second.start) + former + text.slice(second.end);
}

const endOf = (part) => (part.node ?? part).end;
const splice = (text, start, end, put) => text.slice(0, start) + put + text.slice(end);
const indented = (json, indent) => json.replaceAll("\n", `\n${indent}`);
const indentAt = (text, place) => /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", place - 1) + 1))[0];

function insert(text, parent, parts, index, label, json) {
  if (!parts.length) {
    const indent = indentAt(text, parent.start);
    const put = `\n${indent}  ${label}${indented(json, `${indent}  `)}\n${indent}`;
    return splice(text, parent.start + 1, parent.end - 1, put);
  }
  const space = text.slice(parent.start + 1, parts[0].start);
  const gap = space.includes("\n") ? space.slice(space.lastIndexOf("\n")) : " ";
  const value = label + indented(json, gap.includes("\n") ? gap.slice(1) : "");
  if (index > 0) return splice(text, endOf(parts[index - 1]), endOf(parts[index - 1]), `,${gap}${value}`);
  return splice(text, parts[0].start, parts[0].start, `${value},${gap}`);
}

function readValue(at, depth) {
  if (depth > DEEPEST) fail(at, "it is nested too deeply");
  const start = at.place;
  const head = at.text[start];
  if (head === "{") return readObject(at, depth, start);
  if (head === "[") return readArray(at, depth, start);
  const kind = head === '"' ? "string" : /[-\d]/.test(head ?? "") ? "number" : "word";
  const found = match(at, { string: STRING, number: NUMBER, word: WORD }[kind]);
  if (found === null) fail(at, head === undefined ? "it ends too early" : "a value is expected");
  return { kind, start, end: at.place };
}

function readObject(at, depth, start) {
  const members = [];
  const keys = new Set();
  readParts(at, "}", () => {
    const from = at.place;
    const written = match(at, STRING);
    if (written === null) fail(at, "a key in quotes is expected");
    const key = JSON.parse(written);
    if (keys.has(key)) fail(at, `the key ${written} stands twice`);
    keys.add(key);
    skip(at);
    if (at.text[at.place] !== ":") fail(at, "a colon is expected");
    at.place += 1;
    skip(at);
    members.push({ key, start: from, node: readValue(at, depth + 1) });
  });
  return { kind: "object", start, end: at.place, members };
}

function readArray(at, depth, start) {
  const items = [];
  readParts(at, "]", () => items.push(readValue(at, depth + 1)));
  return { kind: "array", start, end: at.place, items };
}

function readParts(at, close, readPart) {
  at.place += 1;
  skip(at);
  if (at.text[at.place] === close) return void (at.place += 1);
  for (;;) {
    readPart();
    skip(at);
    const sign = at.text[at.place];
    if (sign !== close && sign !== ",") fail(at, `a comma or ${close} is expected`);
    at.place += 1;
    if (sign === close) return;
    skip(at);
  }
}

function match(at, pattern) {
  pattern.lastIndex = at.place;
  const found = pattern.exec(at.text)?.[0] ?? null;
  if (found !== null) at.place += found.length;
  return found;
}

const skip = (at) => match(at, SPACE);

function fail({ text, place }, what) {
  const before = text.slice(0, place);
  const line = before.split("\n").length;
  throw new Error(`This is not JSON: ${what}, line ${line}, column ${place - before.lastIndexOf("\n")}.`);
}
