"""What an environment gives comes to a loss through lists and memories: rewards are numbers, so that targets have one axis."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

PROGRAMS = {
    "returns of an episode": """
import gym

critic = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))

def update(rewards, states):
    returns, sofar = [], 0
    for reward in reversed(rewards):
        sofar = reward + 0.99 * sofar
        returns.insert(0, sofar)
    returns = torch.tensor(returns, dtype=torch.float32)
    values = critic(torch.stack(states))
    F.mse_loss(values, returns).backward()  # LL301
    F.mse_loss(values.squeeze(-1), returns).backward()

def run(env):
    states, rewards = [], []
    state = env.reset()
    for _ in range(100):
        states.append(torch.FloatTensor(state))
        state, reward, done, _ = env.step(0)
        rewards.append(reward)
    update(rewards, states)

run(gym.wrappers.TimeLimit(gym.make("CartPole-v0").unwrapped, 100))
""",
    "a memory of tuples": """
import random
from collections import deque
import gymnasium as gym
import numpy as np

net, target_net = nn.Linear(4, 2), nn.Linear(4, 2)
memory = deque(maxlen=1000)

def learn():
    states, actions, rewards, following, over = zip(*random.sample(memory, 32))
    actions = torch.tensor(actions, dtype=torch.int64).unsqueeze(1)
    rewards = torch.tensor(rewards, dtype=torch.float32)
    over = torch.tensor(over, dtype=torch.float32)
    values = net(torch.tensor(np.stack(states), dtype=torch.float32)).gather(1, actions)
    with torch.no_grad():
        later = target_net(torch.tensor(np.stack(following), dtype=torch.float32)).max(1)[0]
    target = rewards + 0.99 * later * (1 - over)
    F.mse_loss(values, target).backward()  # LL301
    F.mse_loss(values, target.unsqueeze(1)).backward()

def play():
    env = gym.make("CartPole-v1")
    state, _ = env.reset()
    while True:
        action = random.randrange(2)
        following, reward, ended, cut, _ = env.step(action)
        memory.append((state, action, reward, following, ended or cut))
        learn()
        state = following
""",
    "what several environments give is no number": """
import gym

def run(envs):
    rewards = []
    for _ in range(100):
        state, reward, done, _ = envs.step(0)
        rewards.append(reward)
    F.mse_loss(torch.rand(100, 1, requires_grad=True), torch.tensor(rewards))

run(gym.vector.SyncVectorEnv([lambda: gym.make("CartPole-v1")] * 4))
run(gym.wrappers.RecordEpisodeStatistics(gym.vector.make("CartPole-v1", num_envs=1)))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_reported_where_marked_and_nowhere_else(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + PROGRAMS[name]})
