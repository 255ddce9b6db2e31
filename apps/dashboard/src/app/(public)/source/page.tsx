export const metadata = { title: 'Source' }

export { SourcePage as default } from '../../../features/source/page.tsx'
