/** Who asks. Required wherever limits are charged. */
export interface Client {
  /** The address of the requester; `null` says aloud: one shared, strict bucket. */
  readonly ip: string | null;
  readonly userAgent?: string | undefined;
  /** From an earlier sign-in on this device. Selects the lane of limits, never authenticates. */
  readonly deviceToken?: string | undefined;
}
