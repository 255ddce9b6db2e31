import { AppError } from '@atpar/core/errors'
import { isUuid } from '@atpar/core/ids'
import type { Deps } from '../deps.ts'
import { readBody } from '../http/body.ts'
import { requireInternalToken } from '../http/internal-token.ts'
import { parseJsonBody } from '../http/json-body.ts'
import type { RouteRequest } from './infer.ts'

export const READ_CONTENTS_PATH = '/internal/contents/read'

const MAX_QUESTION_BYTES = 16 * 1024
/** An answer of so many is some megabytes. */
const MOST_REQUESTS = 50

/**
 * `POST /internal/contents/read` from the dashboard, which has asked whether they may and put it on record: what was kept of some requests of one
 * organization. Ids of which nothing may be read are left out of the answer, whosever they are.
 */
export const readContents = async (deps: Deps, { request, reply }: RouteRequest): Promise<void> => {
  requireInternalToken(deps, request, READ_CONTENTS_PATH)
  const { orgId, requestIds } = parseJsonBody(await readBody(request, { maxBytes: MAX_QUESTION_BYTES }))
  if (typeof orgId !== 'string' || !isUuid(orgId) || !isListOfIds(requestIds))
    throw new AppError('invalid_request', {
      message: `orgId is an id and requestIds a list of at most ${MOST_REQUESTS} ids.`,
    })
  const contents = await deps.readContents(orgId, requestIds)
  reply.sendWhole(
    200,
    { 'content-type': 'application/json', 'cache-control': 'no-store' },
    JSON.stringify({ contents: Object.fromEntries(contents) }),
  )
}

const isListOfIds = (value: unknown): value is readonly string[] =>
  Array.isArray(value) &&
  value.length <= MOST_REQUESTS &&
  value.every((each) => typeof each === 'string' && isUuid(each))
