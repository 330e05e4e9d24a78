// What this tab calls itself: through reloads the same, and never as another open tab does, a duplicated one included.

const NAME = "tracewright.tab";
const me = random();
let name = "";

export function tab() {
  if (name) return name;
  try {
    name = sessionStorage.getItem(NAME) || random();
    sessionStorage.setItem(NAME, name);
  } catch {
    name = me;
  }
  return name;
}

// crypto.randomUUID is for https only.
export function random() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A duplicated tab begins with a copy of the name: whoever has it already says so, and the newcomer takes another.
const channel = new BroadcastChannel(NAME);
channel.onmessage = ({ data }) => {
  if (data.from === me || data.name !== tab()) return;
  if (data.isTaken) sessionStorage.setItem(NAME, (name = random()));
  else channel.postMessage({ from: me, name, isTaken: true });
};
channel.postMessage({ from: me, name: tab() });
