/** `delegateVotes` by its plain name: Blueprint knows scripts in folders by their path only. */
export { run } from './governance/delegateVotes';
