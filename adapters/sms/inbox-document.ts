const STYLE = `
:root {
  --ground: #f3f5f9; --card: #fff; --ink: #172033; --quiet: #56607a; --line: #c9cfdb; --accent: #2456c9;
  color-scheme: light dark; color: var(--ink); background: var(--ground); font: 1rem / 1.55 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #11151e; --card: #1a202c; --ink: #e9edf5; --quiet: #a3adc2; --line: #3a4358; --accent: #8fb2ff; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; }
main { max-width: 32rem; margin: auto; }
h1 { margin: 0; font-size: 1.5rem; }
p { margin: 0.25rem 0; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { width: 100%; min-height: 2.75rem; padding: 0.4rem 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); color: inherit; font: inherit; }
ul { margin: 1rem 0; padding: 0; list-style: none; }
li { margin-bottom: 1rem; padding: 0.75rem 1rem; border-radius: 0.75rem; background: var(--card); box-shadow: 0 1px 3px rgb(0 0 0 / 15%); }
.quiet { color: var(--quiet); font-size: 0.875rem; }
.message { margin: 0.5rem 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; text-align: start; font-size: 1.0625rem; }
button { padding: 0.25rem 0; border: 0; background: none; color: var(--accent); font: inherit; font-weight: 600; text-decoration: underline; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;

// The texts are other people's: they enter the page as text alone. Digits are compared as ASCII, without the zero that numbers have at home.
const SCRIPT = `
const [list, state, filter] = ['messages', 'state', 'filter'].map((id) => document.getElementById(id));
const items = new Map();
let version = '';

const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const digitsIn = (text) => text.normalize('NFKC')
  .replace(/[\\u0660-\\u0669\\u06f0-\\u06f9]/g, (digit) => digit.charCodeAt(0) & 15)
  .replace(/[^0-9]/g, '');

function itemOf({ to, code, text, channel, purpose, locale, encoding, segments }) {
  const cost = segments + (segments === 1 ? ' segment, ' : ' segments, ') + encoding;
  const item = element('li', {},
    element('p', { className: 'quiet' }, element('bdi', { className: 'to', textContent: to }), ' · ' + [channel, purpose, locale].join(' · ')),
    element('p', { className: 'message', lang: locale, textContent: text }),
    element('p', { className: 'quiet', textContent: cost }));
  if (code !== '') item.append(element('button', { type: 'button', textContent: 'Copy ' + code, onclick: () => copy(code) }));
  return item;
}

async function copy(code) {
  try {
    await navigator.clipboard.writeText(code);
    state.textContent = code + ' is in the clipboard.';
  } catch {
    state.textContent = 'The browser does not let this page copy: ' + code;
  }
}

function tell() {
  const wanted = digitsIn(filter.value).replace(/^0+/, '');
  let shown = 0;
  for (const item of items.values()) {
    item.hidden = !digitsIn(item.querySelector('.to').textContent).includes(wanted);
    if (!item.hidden) shown += 1;
  }
  state.textContent = items.size === 0 ? 'Nothing yet.' : shown === items.size ? 'Messages: ' + shown : 'Messages: ' + shown + ' of ' + items.size;
}

function show(messages) {
  const ids = new Set(messages.map(({ id }) => id));
  for (const [id, item] of items) {
    if (ids.has(id)) continue;
    item.remove();
    items.delete(id);
  }
  for (const message of messages.toReversed()) {
    if (items.has(message.id)) continue;
    const item = itemOf(message);
    items.set(message.id, item);
    list.prepend(item);
  }
  tell();
}

async function look() {
  try {
    const response = await fetch('?messages=' + version);
    if (response.status === 200) {
      const answer = await response.json();
      version = answer.version;
      show(answer.messages);
    } else if (response.status !== 204) throw new Error(response.status);
  } catch {
    version = '';
    state.textContent = 'The server cannot be reached.';
  }
  setTimeout(look, 1000);
}

filter.addEventListener('input', tell);
look();
`;

/** The page, whose style and script nobody but who knows the nonce can add to. */
export function inboxDocument(nonce: string): string {
  return `<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inbox</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<h1>Inbox</h1>
<p class="quiet">What would have left, newest first. Development only.</p>
<label for="filter">Filter by number</label>
<input id="filter" type="search" inputmode="tel" autocomplete="off" dir="ltr">
<p id="state" role="status">Nothing yet.</p>
<ul id="messages"></ul>
</main>
<script type="module" nonce="${nonce}">${SCRIPT}</script>
</body>
</html>
`;
}
