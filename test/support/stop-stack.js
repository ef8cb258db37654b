export default async function stopStack() {
  await globalThis.__stack?.release();
}
