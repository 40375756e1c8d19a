export const text = {
  phoneLabel: 'شمارهٔ موبایل',
  phoneHint: 'همان‌طور که شماره می‌گیرید، یا با + و کد کشور.',
  sendCode: 'ارسال کد',
  codeLabel: 'کد پیامک‌شده',
  sent: (length, number) => `کد ${length} رقمی به ${number} پیامک شد.`,
  sentAgain: 'کد دوباره پیامک شد.',
  signIn: 'ورود',
  resend: 'ارسال دوباره',
  resendIn: (time) => `ارسال دوباره تا ${time} دیگر`,
  change: 'تغییر شماره',
  signedIn: 'وارد شدید',
  who: (number) => `با شمارهٔ ${number} وارد شده‌اید.`,
  signOut: 'خروج',
  signedOut: 'از حساب خارج شدید.',
  numberMissing: 'شمارهٔ موبایل خود را بنویسید.',
  codeMissing: 'کدی را که پیامک شده بنویسید.',
  errors: {
    invalid_phone_number: ({ reason }) =>
      ({
        country_not_allowed: 'شماره‌های این کشور پذیرفته نمی‌شود. شمارهٔ دیگری بنویسید.',
        number_type_not_allowed: 'این شماره موبایل نیست. شماره‌ای بنویسید که پیامک می‌گیرد.',
      })[reason] ?? 'این شماره درست نیست. رقم‌ها را بررسی کنید، یا با + و کد کشور بنویسید.',
    invalid_input: () => 'این نوشته خوانده نمی‌شود. آن را بررسی کنید.',
    invalid_code: ({ attemptsLeft }, count) =>
      attemptsLeft > 0
        ? `کد درست نیست. پیامک را بررسی کنید؛ ${count(attemptsLeft)} بار دیگر می‌توانید.`
        : 'کد نادرست یا قدیمی است. آن را بررسی کنید یا کد تازه بگیرید.',
    attempts_exhausted: () => 'کد چند بار نادرست بود. کد تازه بگیرید.',
    invalid_proof: () => 'زمان زیادی گذشت. کد تازه بگیرید.',
    rate_limited: ({ retryAfterSeconds }, _count, wait) => `تلاش‌ها زیاد بود. ${wait(retryAfterSeconds)} دیگر دوباره امتحان کنید.`,
    account_disabled: () => 'این حساب بسته است. از پشتیبانی کمک بگیرید.',
    delivery_failed: () => 'پیامک فرستاده نشد. دوباره بفرستید یا شماره را تغییر دهید.',
    refused_by_policy: () => 'درخواست پذیرفته نشد. از پشتیبانی کمک بگیرید.',
    unavailable: ({ retryAfterSeconds = 5 }, _count, wait) => `اکنون ممکن نیست. ${wait(retryAfterSeconds)} دیگر دوباره امتحان کنید.`,
    offline: () => 'به سرور نمی‌رسیم. اتصال خود را بررسی کنید.',
    unknown: () => 'خطایی رخ داد. دوباره امتحان کنید.',
  },
};
