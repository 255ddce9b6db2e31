import { titled } from '../../../auth/titled.ts'

export const generateMetadata = titled('Budgets')

export { BudgetsPage as default } from '../../../features/budgets/page.tsx'
