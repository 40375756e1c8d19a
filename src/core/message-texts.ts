import type { Purpose } from './challenge.ts';

/** The built-in texts of a language. */
export interface MessageTexts {
  /** What the code is for; `{code}` and `{app}` are filled in. */
  readonly sentences: Readonly<Record<Exclude<Purpose, 'sign-in'>, string>>;
  /** Ask to keep the code to oneself, with what separates them from the sentence; the longest first, the one that costs no further SMS is taken. */
  readonly warnings: readonly [string, ...string[]];
  /** Then every sentence begins with a letter of the language, which is what phones take the direction from. */
  readonly isRightToLeft?: true;
}

// Each fits one SMS with one of its warnings, an app name of 12 letters, a code of 6 digits and the line `@example.com #123456`. What is written
// without letters outside GSM-7 (en, de, fr, es) has 160 characters for all that, the others have 70.
export const MESSAGE_TEXTS: Readonly<Record<string, MessageTexts>> = {
  en: {
    sentences: {
      login: '{code} is your {app} sign-in code.',
      register: '{code} is your {app} code to create an account.',
      verify: '{code} is your {app} code to verify this number.',
      'reset-password': '{code} is your {app} code to reset your password.',
      'change-phone-number': '{code} is your {app} code to change your phone number.',
      'step-up': '{code} is your {app} code to confirm this.',
    },
    warnings: [' Never share it with anyone.', ' Never share it.'],
  },
  de: {
    sentences: {
      login: '{code} ist Ihr {app}-Code zum Anmelden.',
      register: '{code} ist Ihr {app}-Code zum Registrieren.',
      verify: '{code} ist Ihr {app}-Code zum Bestätigen dieser Nummer.',
      'reset-password': '{code} ist Ihr {app}-Code zum Zurücksetzen des Passworts.',
      'change-phone-number': '{code} ist Ihr {app}-Code zum Ändern der Telefonnummer.',
      'step-up': '{code} ist Ihr {app}-Code zum Bestätigen.',
    },
    warnings: [' Niemals weitergeben.'],
  },
  fr: {
    sentences: {
      login: '{code} : votre code de connexion {app}.',
      register: "{code} : votre code d'inscription {app}.",
      verify: '{code} : votre code {app} pour vérifier ce numéro.',
      'reset-password': '{code} : votre code {app} pour changer de mot de passe.',
      'change-phone-number': '{code} : votre code {app} pour changer de numéro.',
      'step-up': '{code} : votre code {app} pour confirmer.',
    },
    warnings: [' Ne le donnez à personne.', ' Gardez-le secret.'],
  },
  es: {
    sentences: {
      login: 'Usa {code} para entrar en {app}.',
      register: 'Usa {code} para crear tu cuenta de {app}.',
      verify: 'Usa {code} para verificar tu teléfono en {app}.',
      'reset-password': 'Usa {code} para cambiar tu contraseña de {app}.',
      'change-phone-number': 'Usa {code} para cambiar tu teléfono en {app}.',
      'step-up': 'Usa {code} para confirmar en {app}.',
    },
    warnings: [' No lo compartas con nadie.', ' No lo compartas.'],
  },
  tr: {
    sentences: {
      login: '{app} giriş kodunuz: {code}',
      register: '{app} kayıt kodunuz: {code}',
      verify: '{app} numara onay kodu: {code}',
      'reset-password': '{app} yeni şifre kodu: {code}',
      'change-phone-number': '{app} yeni numara kodu: {code}',
      'step-up': '{app} onay kodunuz: {code}',
    },
    warnings: ['\nKimseyle paylaşmayın', '\nPaylaşmayın'],
  },
  ru: {
    sentences: {
      login: '{code}: вход в {app}',
      register: '{code}: регистрация в {app}',
      verify: '{code}: проверка номера {app}',
      'reset-password': '{code}: новый пароль {app}',
      'change-phone-number': '{code}: новый номер в {app}',
      'step-up': '{code}: подтверждение в {app}',
    },
    warnings: ['\nНикому не сообщайте', '\nНе сообщайте'],
  },
  fa: {
    sentences: {
      login: 'کد ورود به {app}: {code}',
      register: 'کد ثبت‌نام {app}: {code}',
      verify: 'تأیید شماره {app}: {code}',
      'reset-password': 'کد تغییر رمز {app}: {code}',
      'change-phone-number': 'تغییر شماره {app}: {code}',
      'step-up': 'کد تأیید در {app}: {code}',
    },
    warnings: ['\nآن را به هیچ‌کس نگویید', '\nبه کسی نگویید', '\nمحرمانه'],
    isRightToLeft: true,
  },
  ar: {
    sentences: {
      login: 'رمز الدخول إلى {app}: {code}',
      register: 'رمز التسجيل في {app}: {code}',
      verify: 'تأكيد الرقم في {app}: {code}',
      'reset-password': 'تغيير كلمة مرور {app}: {code}',
      'change-phone-number': 'تغيير الرقم في {app}: {code}',
      'step-up': 'رمز التأكيد في {app}: {code}',
    },
    warnings: ['\nلا تشاركه مع أحد', '\nلا تشاركه', '\nسري'],
    isRightToLeft: true,
  },
};

/** The languages of the built-in texts. */
export const MESSAGE_LANGUAGES: readonly string[] = Object.keys(MESSAGE_TEXTS);
