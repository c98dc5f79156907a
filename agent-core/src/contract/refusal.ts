/** How a route of the agent says no: a status, a stable code, what is wrong and what to do. */
import { CodedError } from '@zlh/kernel';

export interface FieldFault {
  /** JSON pointer into the request. */
  readonly path: string;
  readonly message: string;
}

/** Thrown by routes; becomes problem+json. Codes are upper case: `FILES_NOT_FOUND`. */
export class Refusal extends CodedError {
  readonly status: number;
  readonly faults: readonly FieldFault[] | undefined;
  /** Further members of the problem, small and fit for the customer's eyes. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    hint: string,
    faults?: readonly FieldFault[],
    details?: Readonly<Record<string, unknown>>,
  ) {
    super(code, message, hint);
    this.status = status;
    this.faults = faults;
    this.details = details;
  }
}
