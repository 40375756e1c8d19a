const list = document.getElementById('messages');
const state = document.getElementById('state');

function entry({ to, code, text }) {
  const item = document.createElement('li');
  const head = Object.assign(document.createElement('p'), { className: 'quiet', textContent: `To ${to}` });
  const body = Object.assign(document.createElement('p'), { className: 'message', textContent: text });
  const copy = Object.assign(document.createElement('button'), { className: 'link', type: 'button', textContent: `Copy ${code}` });
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(code);
    state.textContent = `${code} is in the clipboard.`;
  });
  item.append(head, body, copy);
  return item;
}

let shown = '';
async function look() {
  const response = await fetch('/inbox.json').catch(() => null);
  if (!response?.ok) {
    state.textContent = 'The server cannot be reached.';
    shown = '';
    return;
  }
  const body = await response.text();
  if (body === shown) return;
  shown = body;
  const { messages } = JSON.parse(body);
  list.replaceChildren(...messages.map(entry));
  state.textContent = messages.length === 0 ? 'Nothing yet.' : `Messages: ${messages.length}`;
}

await look();
setInterval(look, 1000);
