export const metadata = { title: 'Keys' }

export { KeysPage as default } from '../../../features/keys/page.tsx'
