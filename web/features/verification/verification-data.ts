import {
  Candidates,
  type ConfirmCode,
  type SendCode,
  Verification,
} from "../../../src/contract/verification.ts";
import { adminQuery, search } from "../admin/admin-data.ts";
import { change } from "../admin/admin-requests.ts";

const PATH = "/v1/verification";

export const verificationQuery = adminQuery(PATH, Verification);
export const candidatesQuery = (q: string) => adminQuery(`${PATH}/candidates${search({ q })}`, Candidates);

export async function sendCode(wanted: SendCode): Promise<Verification> {
  return change("POST", `${PATH}/code`, wanted, Verification);
}

export async function confirmCode(wanted: ConfirmCode): Promise<Verification> {
  return change("POST", `${PATH}/confirm`, wanted, Verification);
}
