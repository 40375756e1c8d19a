declare const PHONE_NUMBER: unique symbol;

/** A number in E.164 (ITU-T): `+` and 7 to 15 digits, parsed and accepted. */
export type PhoneNumber = string & { readonly [PHONE_NUMBER]: true };
