// The alphabet of GSM 03.38 with its extension, https://www.3gpp.org/dynareport/23038.htm, 6.2.1
const GSM_7 = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà\f^{}\\[~\]|€]*$/;

/** Whether a text fits the alphabet of SMS; any other travels as UCS-2. */
export function isGsm7(text: string): boolean {
  return GSM_7.test(text);
}
