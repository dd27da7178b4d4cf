"""Code that looks like misuse and is right: nothing may be reported of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

RIGHT = {
    "products of what labels were made of": """
def affinity(scores, ids, learned):
    patches = nn.Unfold(3)(torch.zeros(8, 5, 9, 9).scatter_(1, ids, 1.0)).view(8, 5, 9, -1)
    pairs = torch.einsum("ncal,ncbl->nabl", patches, patches)
    F.binary_cross_entropy_with_logits(scores, pairs)
    F.binary_cross_entropy_with_logits(scores, ids.detach() @ learned.detach())
""",
    "a softmax whose classes have weights": """
def weighted(x, labels, weight):
    scores = nn.Linear(4, 3)(x)
    total = torch.exp(scores).mul(weight).sum(dim=1, keepdim=True)
    F.nll_loss(scores - torch.log(total), labels)
""",
    "scores that were squashed, and what is left of them above 0": """
def losses(x, y):
    squashed = torch.tanh(nn.Linear(4, 3)(x))
    F.binary_cross_entropy((squashed + 1) / 2, y)
    F.binary_cross_entropy(squashed.abs(), y)
    F.binary_cross_entropy(squashed.relu(), y)
    F.binary_cross_entropy(0.5 * squashed + 0.5, y)
""",
    "states that start from a gradient they are given": """
def reverse(layers, state, grad):
    kept = 0.0
    for layer in layers:
        output = layer(state)
        output.backward(grad, retain_graph=True)
        kept += output
    return kept
kept = reverse([nn.Linear(4, 4), nn.Linear(4, 4)], torch.ones(2, 4), torch.ones(2, 4))
F.mse_loss(kept, torch.zeros(2, 4))
""",
    "collected from an empty tensor": """
def collect(net, teacher, loader):
    soft = torch.tensor([])
    for x in loader:
        soft = torch.cat((soft, teacher(x)), 0)
    return F.kl_div(F.log_softmax(nn.Linear(3, 10)(torch.zeros(4, 3)), dim=1), F.softmax(soft, dim=1), reduction="batchmean")
""",
    "adversarial": """
from torch.autograd import Variable
net = nn.Linear(3, 4)
def fgsm(x, y):
    x_adv = Variable(x.data, requires_grad=True)
    loss = F.cross_entropy(net(x_adv), y)
    loss.backward()
    return x_adv + 0.1 * x_adv.grad.sign()
""",
    "image optimised": """
from torch.autograd import Variable
vgg = nn.Conv2d(3, 8, 3)
def stylise(content, style):
    img = Variable(content.data.clone(), requires_grad=True)
    target = vgg(content).detach()
    for i in range(300):
        feats = vgg(img)
        loss = F.mse_loss(feats, target) + ((img - content) ** 2).mean()
        loss.backward()
""",
    "latent": """
net = nn.Linear(3, 4)
def invert(x, y):
    z = net(x).detach().requires_grad_(True)
    opt = torch.optim.Adam([z])
    for _ in range(100):
        loss = F.mse_loss(z, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
""",
    "rl": """
class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.v = nn.Linear(4, 1)
    def forward(self, s):
        return self.v(s)
critic = Critic()
def learn(s, r, s_):
    v = critic(torch.FloatTensor(s))
    v_ = critic(torch.FloatTensor(s_))
    td = F.mse_loss(v, r + 0.9 * v_.detach())
    td2 = F.smooth_l1_loss(v, torch.tensor([r]))
    td.backward()
    adv = (r + 0.9 * v_ - v).detach()
    loss = (v - torch.FloatTensor([r])).pow(2).mean()
    loss.backward()
""",
    "actor": """
actor, critic = nn.Linear(3, 2), nn.Linear(5, 1)
def update(s, a, r, s2, done):
    with torch.no_grad():
        target = r.unsqueeze(1) + 0.99 * critic(torch.cat([s2, actor(s2)], 1)) * (1 - done.unsqueeze(1))
    q = critic(torch.cat([s, a], 1))
    critic_loss = F.mse_loss(q, target)
    critic_loss.backward()
    actor_loss = -critic(torch.cat([s, actor(s)], 1)).mean()
    actor_loss.backward()
    total.append(actor_loss.item())
""",
    "lists": """
net = nn.Linear(3, 4)
hist = {'train': [], 'val': []}
for epoch in range(3):
    losses = []
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        losses.append(loss.detach())
    hist['train'].append(torch.stack(losses).mean().item())
    with torch.no_grad():
        vl = 0
        for x, y in val_loader:
            l = F.cross_entropy(net(x), y)
            vl += l
            hist['val'].append(l)
""",
    "accumulate": """
net = nn.Linear(3, 4)
for i, (x, y) in enumerate(loader):
    loss = F.cross_entropy(net(x), y) / 4
    loss.backward()
    loss_sum = loss.item()
def meta(tasks):
    total = 0
    outer = []
    for t in tasks:
        loss = F.cross_entropy(net(t.x), t.y)
        total += loss
        outer.append(loss)
    total.backward()
    return torch.stack(outer).mean()
""",
    "skorch": """
from skorch import NeuralNetClassifier, NeuralNetRegressor, NeuralNetBinaryClassifier
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)
    def forward(self, x):
        return F.softmax(self.fc(x), dim=1)
class L(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 1)
    def forward(self, x):
        return self.fc(x)
a = NeuralNetClassifier(M, criterion=nn.NLLLoss)
b = NeuralNetRegressor(L, criterion=nn.MSELoss)
c = NeuralNetBinaryClassifier(L, criterion=nn.BCEWithLogitsLoss)
d = NeuralNetClassifier(M)
""",
    "optimizer wrappers": """
import deepspeed
from pytorch_metric_learning import losses
from torch_lr_finder import LRFinder
class L(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 5)
    def forward(self, x):
        return self.fc(x)
net = L()
finder = LRFinder(net, opt, nn.CrossEntropyLoss(), device='cuda')
engine, *_ = deepspeed.initialize(model=net, config=cfg)
out = engine(x)
loss = nn.CrossEntropyLoss()(out, y)
engine.backward(loss)
""",
    "zeros": """
net = nn.Linear(3, 5)
def f(x, y, m):
    out = torch.zeros(8, 5)
    out[m] = net(x)
    loss = F.cross_entropy(out, y)
    acc = torch.zeros(8)
    acc[m] = F.cross_entropy(net(x), y, reduction='none')
    acc.mean().backward()
    pad = torch.zeros(8, 10, 5)
    for i in range(10):
        pad[:, i] = net(x[i])
    return loss + F.cross_entropy(pad.permute(0, 2, 1), y) + F.cross_entropy(pad.view(-1, 5), y.view(-1))
""",
    "tables": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler, LabelEncoder
df = pd.read_csv('iris.csv')
X = df.iloc[:, 0:4].values
y = LabelEncoder().fit_transform(df['species'])
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=.2)
sc = StandardScaler()
X_train = torch.FloatTensor(sc.fit_transform(X_train))
X_test = torch.FloatTensor(sc.transform(X_test))
y_train = torch.LongTensor(y_train)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
crit = nn.CrossEntropyLoss()
loss = crit(model(X_train), y_train)
loss.backward()
reg = nn.Linear(4, 1)
t = torch.tensor(df[['price']].values, dtype=torch.float32)
F.mse_loss(reg(X_train), t)
t2 = torch.tensor(df['price'].values, dtype=torch.float32).view(-1, 1)
F.mse_loss(reg(X_train), t2)
t3 = torch.from_numpy(df['price'].to_numpy()).float()
F.mse_loss(reg(X_train).squeeze(), t3)
""",
    "squeeze": """
class D(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(50, 1)
    def forward(self, x):
        return self.f(x).squeeze()
d = D()
bce = nn.BCEWithLogitsLoss()
for x, y in loader:
    b = x.size(0)
    l = bce(d(x), torch.ones(b)) + bce(d(x), y.squeeze()) + bce(d(x), y.view(-1)) + bce(d(x).view(-1, 1), torch.ones(b, 1))
    l.backward()
    m = F.mse_loss(d(x).unsqueeze(1), y.unsqueeze(1))
    n = F.mse_loss(d(x)[0], torch.tensor(1.0))
""",
    "choices head": """
class Scorer(nn.Module):
    def __init__(self):
        super().__init__()
        self.s = nn.Linear(768, 1)
    def forward(self, h):
        return self.s(h)
s = Scorer()
def f(h, idx, start, n):
    logits = s(h)
    a = F.cross_entropy(logits.squeeze(-1), idx)
    b = F.cross_entropy(logits.view(-1, n), idx)
    c = F.cross_entropy(s(h).transpose(1, 2).reshape(-1, 10), idx)
    d = F.binary_cross_entropy_with_logits(logits, start)
    return a + b + c + d
""",
    "constructor weights": """
def make(weights, args, w2):
    a = nn.CrossEntropyLoss(weights)
    b = nn.CrossEntropyLoss(weights, args.size_average)
    c = nn.BCEWithLogitsLoss(w2)
    d = nn.MSELoss(args.avg)
    return a, b, c, d
def go(net, x, y):
    a, b, c, d = make(w, args, w2)
    l = a(net(x), y) + b(net(x), y) + 0.1 * d(net(x), y)
    l.backward()
""",
    "own sums": """
net = nn.Linear(4, 6)
def mmd(a, b):
    return ((a.mean(0) - b.mean(0)) ** 2).sum()
def step(x, y):
    f, g = net(x), net(y)
    var = ((f - f.mean(dim=0, keepdim=True)) ** 2).mean()
    pair = ((f.unsqueeze(1) - g.unsqueeze(0)) ** 2).mean()
    loss = mmd(f, g) + var + pair + (f - g).abs().mean()
    loss.backward()
""",
    "straight": """
def step(net, dec, x):
    z = net(x)
    q = torch.round(z)
    q = z + (q - z).detach()
    loss = F.mse_loss(dec(q), x) + F.mse_loss(z, q.detach())
    loss.backward()
step(nn.Linear(3, 3), nn.Linear(3, 3), torch.randn(4, 3))
""",
    "gradient penalty": """
D = nn.Linear(3, 1)
def gp(real, fake):
    a = torch.rand(real.size(0), 1)
    inter = (a * real + (1 - a) * fake).requires_grad_(True)
    d = D(inter)
    grads = torch.autograd.grad(outputs=d, inputs=inter, grad_outputs=torch.ones_like(d), create_graph=True)[0]
    return ((grads.norm(2, dim=1) - 1) ** 2).mean()
def step(real, z):
    fake = G(z).detach()
    loss = -torch.mean(D(real)) + torch.mean(D(fake)) + 10 * gp(real.data, fake.data)
    loss.backward()
    F.mse_loss(D(real), torch.ones(real.size(0), 1)).backward()
""",
}


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_found(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + RIGHT[name]})
