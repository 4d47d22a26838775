/** What went wrong with a request: the server's problem (RFC 9457), or no answer at all. */

import type { LeadDetail } from './types'

export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly body: Record<string, unknown>,
  ) {
    super(`${code}: ${detail}`)
  }

  /** Sent with a 412: the lead as it is now. */
  get current(): LeadDetail | null {
    return (this.body.current as LeadDetail | undefined) ?? null
  }

  get isNetwork(): boolean {
    return this.status === 0
  }
}

export function problemFrom(status: number, body: unknown): ApiProblem {
  const fields = body !== null && typeof body === 'object' ? (body as Record<string, unknown>) : {}
  return new ApiProblem(status, String(fields.code ?? 'other'), String(fields.detail ?? ''), fields)
}

export function networkProblem(cause: unknown): ApiProblem {
  return new ApiProblem(0, 'network', cause instanceof Error ? cause.message : String(cause), {})
}

export function asProblem(error: unknown): ApiProblem {
  return error instanceof ApiProblem ? error : networkProblem(error)
}
