import type { JsonObject } from '@atpar/core/json'
import { identify } from '../call/authenticate.ts'
import type { Deps } from '../deps.ts'
import { readKeyText } from '../http/key-text.ts'
import { peerOf } from '../http/networks.ts'
import { describeLimits } from '../limits/describe-limits.ts'
import type { RouteRequest } from './infer.ts'

/** `GET /v1/key`: what this key is, what it may do and what limits it, for whoever holds it. An empty list means no restriction. */
export const showKey = async (deps: Deps, { request, reply, startedAtMs }: RouteRequest): Promise<void> => {
  const caller = await identify(deps, { keyText: readKeyText(request.headers), peer: peerOf(request) })
  const body: JsonObject = {
    object: 'key',
    id: caller.keyId,
    name: caller.keyName,
    kind: caller.keyKind,
    organization_id: caller.orgId,
    team_id: caller.teamId,
    member_id: caller.memberId,
    expires_at: caller.expiresAtMs === null ? null : new Date(caller.expiresAtMs).toISOString(),
    allowed_models: [...caller.allowedModels],
    allowed_endpoints: [...caller.allowedEndpoints],
    allowed_routes: [...caller.allowedRoutes],
    allowed_networks: [...caller.allowedCidrs],
    labels: [...caller.labels],
    limits: [...(await describeLimits(deps, caller, startedAtMs))],
  }
  reply.sendWhole(200, { 'content-type': 'application/json' }, JSON.stringify(body))
}
