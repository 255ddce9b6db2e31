export const metadata = { title: 'Home' }

export { HomePage as default } from '../../../features/home/page.tsx'
