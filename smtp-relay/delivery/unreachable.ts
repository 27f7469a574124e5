/** No host of a domain can be had. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  readonly isPermanent: boolean;
  /** An SMTP reply in our words. */
  readonly reply: string;
  readonly status: string;

  constructor(isPermanent: boolean, code: number, status: string, text: string, options?: ErrorOptions) {
    super(text, options);
    this.isPermanent = isPermanent;
    this.reply = `${code} ${status} ${text}`;
    this.status = status;
  }
}
