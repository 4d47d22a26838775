/** The server's API as functions: typed from its OpenAPI document; each returns the answer or throws an ApiProblem. */

import createClient from 'openapi-fetch'
import { networkProblem, problemFrom } from './problem'
import type { paths } from './schema'
import type {
  AcceptAsk,
  Curve,
  Device,
  DeviceList,
  EvidenceAnswer,
  HistoryAnswer,
  KnownPlace,
  KnownPlaceList,
  LeadDetail,
  LeadPage,
  LeaseAnswer,
  PremisesList,
  QueueAnswer,
  ResponseStep,
  ReturnAsk,
  SessionAnswer,
  VerdictAsk,
} from './types'

export type LeadsQuery = NonNullable<paths['/api/v1/leads']['get']['parameters']['query']>

export interface ApiHooks {
  /** The token of the session, or null before log-in. */
  csrfToken(): string | null
  /** Called when the server says that the session is over. */
  onExpired(): void
}

/** The client's own answer type loses the length of tuples; each function below names the schema's type instead. */
interface Outcome {
  data?: unknown
  error?: unknown
  response: Response
}

const SESSION_CODES = new Set(['not_logged_in', 'csrf_failed'])

/** One key an act: a repeated send of the same act does it once. `randomUUID` needs HTTPS; a console in a town may not have it. */
export function actKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function createApi(hooks: ApiHooks) {
  const http = createClient<paths>({ credentials: 'same-origin' })
  http.use({
    onRequest({ request }) {
      const token = hooks.csrfToken()
      if (token !== null && request.method !== 'GET') request.headers.set('X-CSRF-Token', token)
      return request
    },
  })

  async function take<T>(call: Promise<Outcome>): Promise<T> {
    let outcome: Outcome
    try {
      outcome = await call
    } catch (cause) {
      throw networkProblem(cause)
    }
    const { data, error, response } = outcome
    if (response.ok) return data as T
    const problem = problemFrom(response.status, error)
    if (SESSION_CODES.has(problem.code)) hooks.onExpired()
    throw problem
  }

  const lead = (event_id: string) => ({ params: { path: { event_id } } })
  const act = (event_id: string, version: number, key: string) => ({
    params: { path: { event_id }, header: { 'If-Match': `"${version}"`, 'Idempotency-Key': key } },
  })

  return {
    session: () => take<SessionAnswer>(http.GET('/api/v1/session')),
    login: (name: string, password: string) =>
      take<SessionAnswer>(http.POST('/api/v1/session', { body: { name, password } })),
    logout: () => take<void>(http.DELETE('/api/v1/session')),

    leads: (query: LeadsQuery) => take<LeadPage>(http.GET('/api/v1/leads', { params: { query } })),
    lead: (id: string) => take<LeadDetail>(http.GET('/api/v1/leads/{event_id}', lead(id))),
    history: (id: string) => take<HistoryAnswer>(http.GET('/api/v1/leads/{event_id}/history', lead(id))),
    evidence: (id: string) => take<EvidenceAnswer>(http.GET('/api/v1/leads/{event_id}/evidence', lead(id))),
    queue: () => take<QueueAnswer>(http.GET('/api/v1/queue')),

    /** The oldest waiting alert, now held by me; null when nothing waits. */
    next: async () => (await take<LeadDetail | undefined>(http.POST('/api/v1/leads/next', { body: { matter: null } }))) ?? null,
    claim: (id: string) => take<LeadDetail>(http.POST('/api/v1/leads/{event_id}/claim', lead(id))),
    renew: (id: string) => take<LeaseAnswer>(http.POST('/api/v1/leads/{event_id}/renew', lead(id))),
    release: (id: string) => take<LeadDetail>(http.POST('/api/v1/leads/{event_id}/release', lead(id))),
    shown: (id: string, sha256: string) =>
      take<void>(http.POST('/api/v1/leads/{event_id}/shown', { ...lead(id), body: { sha256 } })),
    verdict: (id: string, version: number, body: VerdictAsk, key = actKey()) =>
      take<LeadDetail>(http.POST('/api/v1/leads/{event_id}/verdict', { ...act(id, version, key), body })),
    undo: (id: string, version: number, key = actKey()) =>
      take<LeadDetail>(http.POST('/api/v1/leads/{event_id}/undo', act(id, version, key))),
    accept: (id: string, version: number, body: AcceptAsk, key = actKey()) =>
      take<LeadDetail>(http.POST('/api/v1/leads/{event_id}/accept', { ...act(id, version, key), body })),
    returnLead: (id: string, version: number, body: ReturnAsk, key = actKey()) =>
      take<LeadDetail>(http.POST('/api/v1/leads/{event_id}/return', { ...act(id, version, key), body })),

    premises: () => take<PremisesList>(http.GET('/api/v1/premises')),
    curve: (gateway: string, zone: string, query: { from: string; to: string }) =>
      take<Curve>(http.GET('/api/v1/premises/{gateway}/{zone}/curve', { params: { path: { gateway, zone }, query } })),

    respond: (id: string, step: ResponseStep, key = actKey()) =>
      take<LeadDetail>(
        http.POST('/api/v1/leads/{event_id}/response', {
          params: { path: { event_id: id }, header: { 'Idempotency-Key': key } },
          body: { step },
        }),
      ),
    split: (id: string, version: number, key = actKey()) =>
      take<LeadDetail>(http.POST('/api/v1/leads/{event_id}/split', act(id, version, key))),
    knownPlaces: (gateway: string, device: string) =>
      take<KnownPlaceList>(http.GET('/api/v1/known-places', { params: { query: { gateway, device } } })),
    endKnownPlace: (id: string) => take<KnownPlace>(http.POST('/api/v1/known-places/{event_id}/end', lead(id))),

    devices: () => take<DeviceList>(http.GET('/api/v1/devices')),
    device: (gateway: string, device: string) =>
      take<Device>(http.GET('/api/v1/devices/{gateway}/{device}', { params: { path: { gateway, device } } })),
  }
}

export type Api = ReturnType<typeof createApi>

/** Given back on leaving the page, when no answer can be waited for any more. */
export function releaseOnLeaving(id: string, csrfToken: string | null): void {
  void fetch(`/api/v1/leads/${encodeURIComponent(id)}/release`, {
    method: 'POST',
    keepalive: true,
    credentials: 'same-origin',
    headers: csrfToken === null ? {} : { 'X-CSRF-Token': csrfToken },
  }).catch(() => undefined)
}

export const packageUrl = (id: string) => `/api/v1/leads/${encodeURIComponent(id)}/package`
