/** What the bundler understands beside TypeScript: a style sheet taken as text. */
declare module '*.css?inline' {
  const text: string;
  export default text;
}
