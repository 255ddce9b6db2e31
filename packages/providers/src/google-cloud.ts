import type { AuthScheme, CredentialField } from './contract.ts'

/** What both of Google Cloud's providers ask of a credential. */

/** https://developers.google.com/identity/protocols/oauth2/service-account */
export const googleServiceAccount: AuthScheme = {
  kind: 'google-service-account',
  tokenUrl: 'https://oauth2.googleapis.com/token',
  scope: 'https://www.googleapis.com/auth/cloud-platform',
  simulatorTokenPath: '/google-oauth/token',
}

/** @param prefix of the settings that hold the platform's own. */
export const projectAndLocation = (prefix: string): readonly CredentialField[] => [
  {
    name: 'project',
    label: 'Project',
    hint: 'Leave it empty for the project the service account belongs to.',
    env: `${prefix}_PROJECT`,
    pattern: /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    example: 'my-project-1234',
    isOptional: true,
  },
  {
    name: 'location',
    label: 'Location',
    hint: 'A region, or “global” for whichever has room.',
    env: `${prefix}_LOCATION`,
    pattern: /^(?:global|[a-z]{2,12}-[a-z]{2,12}\d{1,2})$/,
    example: 'europe-west1',
    fallback: 'global',
  },
]

export const REGIONAL_URL = 'https://{location}-aiplatform.googleapis.com/v1/projects/{project}'
/** https://docs.cloud.google.com/vertex-ai/generative-ai/docs/learn/locations#global-endpoint */
export const GLOBAL_URL = {
  field: 'location',
  is: 'global',
  baseUrl: 'https://aiplatform.googleapis.com/v1/projects/{project}',
} as const
