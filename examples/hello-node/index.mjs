export const handler = async (event) => {
  const name = event.name ?? "Tinderbox";
  console.log(`greeting ${name}`);
  return { statusCode: 200, body: JSON.stringify(`Hello from ${name}!`) };
};
