import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Prompts and answers')

export { ContentSettingsPage as default } from '../../../../features/content/settings-page.tsx'
