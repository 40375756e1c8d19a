// One story, told with whatever modules a loader made of the installed package: request a code, sign in, refresh, refuse what is wrong.
const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');

const PHONE_NUMBER = '+989121234567';
const client = { ip: null };

exports.tell = async function tell(load, storage) {
  const { createPhoneAuth, createPhoneVerification, isPhoneAuthError, PhoneAuthError } = load.ringlatch;
  const inbox = load['ringlatch/sms/inbox'].inboxSms();
  const secret = randomBytes(32).toString('base64');
  const tokens = load['ringlatch/jose'].joseTokens({ secret });
  const auth = createPhoneAuth({
    secret,
    storage: storage ?? load['ringlatch/memory'].memoryStorage(),
    sms: inbox,
    tokens,
    appName: 'Acme',
    allowedCountries: ['IR'],
    limits: { smsPerDay: 100 },
  });
  assert.equal(typeof createPhoneVerification, 'function');

  const { challengeId } = await auth.requestCode({ phoneNumber: PHONE_NUMBER, client });
  const code = inbox.lastCode(PHONE_NUMBER);
  const wrong = await failureOf(auth.signInWithCode({ challengeId, code: code === '000000' ? '111111' : '000000', client }));
  assert.ok(isPhoneAuthError(wrong, 'invalid_code') && wrong instanceof PhoneAuthError);
  assert.equal(wrong.details.attemptsLeft, 4);

  const signedIn = await auth.signInWithCode({ challengeId, code, client });
  assert.equal(signedIn.user.phoneNumber, PHONE_NUMBER);
  const refreshed = await auth.refreshSession({ refreshToken: signedIn.refreshToken, client });
  const claims = await auth.verifyAccessToken({ accessToken: refreshed.accessToken });
  assert.equal(claims.userId, signedIn.user.id);
  assert.deepEqual(await auth.endSession({ refreshToken: refreshed.refreshToken }), { ended: true });
  return wrong;
};

async function failureOf(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it should have failed');
}
