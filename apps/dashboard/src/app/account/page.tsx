export const metadata = { title: 'Account' }

export { AccountPage as default } from '../../features/account/page.tsx'
