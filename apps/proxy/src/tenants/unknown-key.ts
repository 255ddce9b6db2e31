import { parseApiKey } from '@atpar/core/api-key'
import { AppError } from '@atpar/core/errors'

/** A key of the management API is told what it is: "not known" would send its owner looking for a typing error. */
export const refuseUnknownKey = (keyText: string): AppError =>
  new AppError('unknown_key', {
    message:
      parseApiKey(keyText)?.mode === 'manage'
        ? 'This is a management key. It manages an organization through /api/v1 of the dashboard and calls no model; use an API key here.'
        : 'This API key is not known. Check that it was copied whole, or create a new one.',
  })
