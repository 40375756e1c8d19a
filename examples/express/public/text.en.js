export const text = {
  sent: (length, number) => `We sent a code of ${length} digits to ${number}.`,
  sentAgain: 'The code was sent again.',
  signIn: 'Sign in',
  resend: 'Send again',
  resendIn: (time) => `Send again in ${time}`,
  signedIn: 'Signed in',
  who: (number) => `You are signed in with ${number}.`,
  signedOut: 'You are signed out.',
  numberMissing: 'Enter your mobile number.',
  codeMissing: 'Enter the code from the SMS.',
  errors: {
    invalid_phone_number: ({ reason }) =>
      ({
        country_not_allowed: 'Numbers of this country cannot be used here. Try another number.',
        number_type_not_allowed: 'This is not a mobile number. Enter a number that receives SMS.',
      })[reason] ?? 'This is not a phone number. Check the digits, or begin with + and the country code.',
    invalid_input: () => 'This cannot be read. Check it and try again.',
    invalid_code: ({ attemptsLeft }, count) =>
      attemptsLeft > 0
        ? `This code is not right. Check the SMS and try again; tries left: ${count(attemptsLeft)}.`
        : 'This code is wrong or too old. Check it, or send a new one.',
    attempts_exhausted: () => 'Too many wrong codes. Send a new one.',
    invalid_proof: () => 'That took too long. Send a new code.',
    rate_limited: ({ retryAfterSeconds }, _count, wait) => `Too many tries. Try again in ${wait(retryAfterSeconds)}.`,
    account_disabled: () => 'This account is closed. Ask support for help.',
    delivery_failed: () => 'The SMS did not leave. Send it again, or change the number.',
    refused_by_policy: () => 'The request was refused. Ask support for help.',
    unavailable: ({ retryAfterSeconds = 5 }, _count, wait) => `This does not work right now. Try again in ${wait(retryAfterSeconds)}.`,
    offline: () => 'The server cannot be reached. Check your connection and try again.',
    unknown: () => 'Something went wrong. Try again.',
  },
};
