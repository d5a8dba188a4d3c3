/** No guard of its own: the proxy alone stands before it, whatever the first segment is. */
export default async function Admin({ params }: { params: Promise<{ locale: string }> }) {
  return <p>the secret of {(await params).locale}</p>;
}
