import type { Refusal } from '../refusal.ts'
import { writeMessage } from './stream.ts'

/** AWS names its errors; the body says the name where the header does not. */
export function writeConverseError(refusal: Refusal): string {
  return JSON.stringify({ __type: refusal.detail.code ?? typeOf(refusal.status), message: refusal.message })
}

export function writeConverseStreamError(refusal: Refusal): Buffer {
  const type = typeOf(refusal.status)
  return writeMessage('exception', type.charAt(0).toLowerCase() + type.slice(1), { message: refusal.message })
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors */
function typeOf(status: number): string {
  switch (status) {
    case 403:
      return 'AccessDeniedException'
    case 404:
      return 'ResourceNotFoundException'
    case 408:
      return 'ModelTimeoutException'
    case 424:
      return 'ModelErrorException'
    case 429:
      return 'ThrottlingException'
    case 503:
      return 'ServiceUnavailableException'
    default:
      return status >= 500 ? 'InternalServerException' : 'ValidationException'
  }
}
