import type { ReactNode } from 'react'

interface AuthFrameProps {
  readonly title: string
  readonly detail: ReactNode
  readonly children: ReactNode
}

export const AuthFrame = ({ title, detail, children }: AuthFrameProps) => (
  <div className="flex flex-1 items-center justify-center px-5 py-14">
    <div className="w-full max-w-sm">
      <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
      <p className="mt-1.5 text-sm text-muted">{detail}</p>
      <div className="mt-7">{children}</div>
    </div>
  </div>
)
