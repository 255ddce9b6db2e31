import { Readable } from 'node:stream'
import { AppError } from '@atpar/core/errors'
import type { OfferingRates } from '@atpar/core/pricing'
import type { UsageBucket } from '@atpar/core/usage'
import type { MediaProvider, MediaTarget } from '@atpar/dialects/media-contract'
import { pathOfCall } from '@atpar/providers/upstream-call'
import type { MediaCall, PreparedMedia } from '../call/call-context.ts'
import { createFormBody } from '../http/form-body.ts'
import type { Candidate } from '../upstream/candidates.ts'
import type { ProviderTarget } from '../upstream/targets.ts'

/** @throws AppError `unsupported_parameter` when the provider's format cannot say what the caller said; `wrong_endpoint` for a conversation without pictures. */
export const prepareMedia = (
  call: MediaCall,
  { target, upstreamModel, rates, task, modelId }: Candidate,
): PreparedMedia => {
  const format = formatFor(call, target)
  const to: MediaTarget = { upstreamModel, sold: bucketsOf(rates) }
  if (task === 'chat' && !to.sold.has('image_out'))
    throw new AppError('wrong_endpoint', {
      param: 'model',
      message: `"${modelId}" draws no pictures. Call POST /v1/chat/completions for it.`,
    })
  const upstream = format.encodeRequest(call.request, to, format.id === call.dialect.id ? call.input : null)
  return {
    kind: 'media',
    call,
    format,
    to,
    upstream,
    target,
    path: pathOfCall(target, upstream.path, upstreamModel),
    variant: pricedVariant(rates, format.variant(call.request)),
  }
}

const formatFor = ({ dialect: { task } }: MediaCall, { media, displayName }: ProviderTarget): MediaProvider => {
  const format = media[task]
  if (format === undefined)
    throw new AppError('unsupported_parameter', { param: 'model', message: `${displayName} does not serve ${task}.` })
  return format
}

const bucketsOf = (rates: OfferingRates | null): ReadonlySet<UsageBucket> =>
  new Set((rates?.rows ?? []).flatMap(({ prices }) => Object.keys(prices) as UsageBucket[]))

/** Sizes and qualities without a price of their own cost what the ordinary one does. */
const pricedVariant = (rates: OfferingRates | null, variant: string | null): string | null =>
  variant !== null && rates?.rows.some(({ serviceTier }) => serviceTier === variant) === true ? variant : null

export interface MediaPayload {
  readonly body: string | Readable
  readonly headers: Readonly<Record<string, string>>
}

/** The body, once for each attempt: a form or a file is read from disk while it is sent. */
export const openPayload = ({ upstream, call: { files } }: PreparedMedia): MediaPayload => {
  const { body } = upstream
  switch (body.kind) {
    case 'json':
      return { body: JSON.stringify(body.json), headers: {} }
    case 'file': {
      const file = fileAt(files, body.file)
      return {
        body: Readable.from(file.content.read()),
        headers: { 'content-type': file.contentType, 'content-length': String(file.content.bytes()) },
      }
    }
    case 'form': {
      const form = createFormBody({
        fields: body.fields,
        files: body.files.map(({ name, file }) => ({ ...fileAt(files, file), name })),
      })
      return {
        body: Readable.from(form.stream()),
        headers: { 'content-type': form.contentType, 'content-length': String(form.contentLength) },
      }
    }
  }
}

const fileAt = (files: MediaCall['files'], place: number): MediaCall['files'][number] => {
  const file = files[place]
  if (file === undefined) throw new TypeError(`the request has no file ${place}`)
  return file
}
