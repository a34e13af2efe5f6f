// What is shown stands in the address, after #: a link shows another reader the same.

const address = () => new URLSearchParams(location.hash.slice(1));

function asked(name, otherwise = "") {
  return address().get(name) ?? otherwise;
}

// One of what there is: what was asked for, else the first.
function chosen(name, there, otherwise) {
  const wanted = asked(name);
  return there.includes(wanted) ? wanted : there.includes(otherwise) ? otherwise : there[0];
}

function linkTo(changes, from = address()) {
  const wanted = new URLSearchParams(from);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "" || value === null || value === undefined) wanted.delete(name);
    else wanted.set(name, value);
  }
  return `#${wanted}`;
}

// Another view begins with nothing but what is said here.
const viewLink = (view, more = {}) => linkTo({ view, ...more }, new URLSearchParams());

function go(changes) {
  location.hash = linkTo(changes);
}
