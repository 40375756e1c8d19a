// GSM-7 where the language allows, and one segment with an appName of 12 characters. Phones take the direction of a line from its first letter, so that
// no name stands before Persian and Arabic.
const SENTENCES: Readonly<Record<string, (appName: string) => string>> = {
  en: (appName) => `${appName}: this phone number was removed from your account. If that was not you, contact us.`,
  fa: (appName) => `این شماره از حساب شما در ${appName} حذف شد. کار شما نبود؟ خبر دهید.`,
  ar: (appName) => `أزيل هذا الرقم من حسابك في ${appName}. إن لم تكن أنت فتواصل معنا.`,
  tr: (appName) => `${appName}: bu numara hesabinizdan kaldirildi. Siz yapmadiysaniz bize bildirin.`,
  de: (appName) => `${appName}: Diese Nummer wurde aus Ihrem Konto entfernt. Waren Sie das nicht, melden Sie sich bei uns.`,
  fr: (appName) => `${appName}: ce numéro a été retiré de votre compte. Si ce n'est pas vous, contactez-nous.`,
  es: (appName) => `${appName}: este teléfono ya no pertenece a su cuenta. Si no fue usted, contacte con nosotros.`,
  ru: (appName) => `${appName}: номер отвязан от аккаунта. Не вы? Сообщите нам.`,
};

/** What the old number is told when an account leaves it. Carries no code. */
export function composeNotice(n: { readonly appName: string; readonly locale: string }): string {
  const sentence = SENTENCES[n.locale.split('-')[0]?.toLowerCase() ?? ''] ?? SENTENCES.en;
  return sentence === undefined ? n.appName : sentence(n.appName);
}
