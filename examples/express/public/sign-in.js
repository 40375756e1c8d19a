const language = document.documentElement.lang;
const { text } = await import(`/text.${language}.js`);
const find = (id) => document.getElementById(id);
const count = (value, options) => value.toLocaleString(language, options);
const isolate = (phoneNumber) => `\u2066${phoneNumber}\u2069`;
const [phone, answer, account] = ['phone', 'answer', 'account'].map(find);
let challenge = null;
let proof = null;
let clock = 0;
let sms = null;

async function call(method, path, body) {
  const content = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(path, { method, ...content }).catch(() => null);
  const result = await response?.json().catch(() => ({}));
  if (!response?.ok) throw { code: response ? 'unknown' : 'offline', ...result };
  return result;
}

/** The access token lives for minutes, the session for weeks: a token that ran out is renewed, once. */
async function whoAmI() {
  try {
    return await call('GET', '/me');
  } catch (problem) {
    if (problem.code !== 'invalid_token') throw problem;
    await call('POST', '/auth/session/refresh', {});
    return call('GET', '/me');
  }
}

function show(view) {
  for (const other of [phone, answer, account]) other.hidden = other !== view;
  find('title').textContent = document.title = view === account ? text.signedIn : text.signIn;
  find('status').textContent = '';
  (view.querySelector('input') ?? find('title')).focus();
}

function complain(control, sentence) {
  find(`${control.id}-error`).textContent = sentence;
  control.setAttribute('aria-invalid', sentence !== '');
  if (!sentence) return;
  control.focus();
  control.select?.();
}

/** Rounded up, so that nobody comes back too early. */
function wait(seconds) {
  const [value, unit] = seconds < 90 ? [seconds, 'second'] : seconds < 5400 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
  return count(Math.ceil(value), { style: 'unit', unit, unitDisplay: 'long' });
}

/** A second press while the first is under way does nothing. */
async function once(button, control, work) {
  if (button.ariaBusy) return;
  button.ariaBusy = 'true';
  complain(control, '');
  try {
    await work();
  } catch (problem) {
    // A proof stands for a code that was right, when only what came after it failed: the next press spends it.
    proof = problem.proof ?? proof;
    complain(answer.hidden ? control : find('code'), (text.errors[problem.code] ?? text.errors.unknown)(problem, count, wait));
  } finally {
    button.ariaBusy = null;
  }
}

function forget() {
  challenge = proof = null;
  sessionStorage.removeItem('challenge');
  clearInterval(clock);
  sms?.abort();
}

async function requestCode(body) {
  const asked = await call('POST', '/auth/codes', { locale: language, ...body }).catch((problem) => problem);
  // A code whose SMS did not leave can be sent again, so the next step opens all the same.
  if (!asked.challengeId) throw asked;
  const now = Date.now();
  forget();
  challenge = { ...asked, resendAt: now + asked.resendInSeconds * 1000, expiresAt: now + asked.expiresInSeconds * 1000 };
  sessionStorage.setItem('challenge', JSON.stringify(challenge));
  askForCode();
  if (asked.code) throw asked;
}

function askForCode() {
  find('sent').textContent = text.sent(count(challenge.codeLength), isolate(challenge.phoneNumber));
  find('code').value = '';
  show(answer);
  clock = setInterval(tick, 500);
  tick();
  readSms();
}

function tick() {
  const seconds = Math.ceil((challenge.resendAt - Date.now()) / 1000);
  const time = `${count(Math.floor(seconds / 60))}:${count(seconds % 60, { minimumIntegerDigits: 2 })}`;
  find('resend').disabled = seconds > 0;
  find('resend').textContent = seconds > 0 ? text.resendIn(time) : text.resend;
}

/** WebOTP, where the browser has it: the code moves from the SMS into the field once the user agrees. */
async function readSms() {
  if (!('OTPCredential' in window)) return;
  sms = new AbortController();
  const credential = await navigator.credentials.get({ otp: { transport: ['sms'] }, signal: sms.signal }).catch(() => null);
  if (!credential) return;
  find('code').value = credential.code;
  answer.requestSubmit();
}

function welcome({ phoneNumber }) {
  forget();
  find('who').textContent = text.who(isolate(phoneNumber));
  show(account);
}

function onSubmit(form, control, missing, work) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (control.value.trim()) once(form.querySelector('button'), control, work);
    else complain(control, missing);
  });
}

onSubmit(phone, find('phone-number'), text.numberMissing, () => requestCode({ phoneNumber: find('phone-number').value }));
onSubmit(answer, find('code'), text.codeMissing, async () => {
  const evidence = proof ? { proof } : { challengeId: challenge.challengeId, code: find('code').value };
  welcome((await call('POST', '/auth/sign-in/code', evidence)).user);
});
find('resend').addEventListener('click', ({ currentTarget }) =>
  once(currentTarget, find('code'), async () => {
    await requestCode({ phoneNumber: challenge.phoneNumber, resendOf: challenge.challengeId });
    find('status').textContent = text.sentAgain;
  }),
);
find('change').addEventListener('click', () => {
  forget();
  show(phone);
});
find('sign-out').addEventListener('click', ({ currentTarget }) =>
  once(currentTarget, currentTarget, async () => {
    await call('POST', '/auth/session/end', {});
    show(phone);
    find('status').textContent = text.signedOut;
  }),
);

// English stands in the page itself.
for (const element of document.querySelectorAll('[data-text]')) element.textContent = text[element.dataset.text] ?? element.textContent;
const user = await whoAmI().catch(() => null);
challenge = JSON.parse(sessionStorage.getItem('challenge'));
document.querySelector('main').hidden = false;
if (user) welcome(user);
else if (challenge?.expiresAt > Date.now()) askForCode();
else show(phone);
